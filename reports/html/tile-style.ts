/** The cells of the matrices. State is never told by colour alone: relayed is hatched and framed, failed and impossible have signs. */
export const TILE_STYLE = `
.matrix{table-layout:fixed;border-collapse:separate;border-spacing:4px;margin:0 -4px}
.matrix th{font-weight:600;font-size:.84rem;text-align:left;padding:.4rem .6rem;border-radius:6px;color:var(--muted);vertical-align:bottom}
.matrix th{overflow-wrap:break-word}
.matrix tbody th{position:sticky;left:0;z-index:1;background:var(--page);vertical-align:middle}
.matrix thead .corner{position:sticky;left:0;z-index:1;background:var(--page);font-weight:400;font-size:.78rem}
.dials::before{content:"↓ "}.answers::before{content:"→ "}.corner .answers{white-space:nowrap}
.matrix tr:is(:hover,:focus-within)>th[scope=row]{color:var(--ink);background:var(--highlight)}
.matrix td{padding:0;height:1px}
.tile{position:relative;display:grid;grid-template:"who who" auto "rate time" auto "sure sure" auto "bar bar" auto/1fr auto;height:100%;min-height:5.2rem;align-content:start;
padding:.5rem .65rem .6rem;align-items:baseline;border-radius:7px;background:var(--panel);color:inherit;text-decoration:none;border:1px solid transparent;overflow:hidden}
a.tile:hover,a.tile:focus-visible{border-color:var(--link)}
.tile .who{grid-area:who;font-size:.82rem;line-height:1.35;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.tile .others{margin-left:auto;line-height:1.2}.tile .others .chip{font-size:.6rem;min-width:0;padding:0 .25em;border-width:1px;margin-left:3px}
.tile .tag{color:var(--muted)}.star{color:var(--bad)}
.tile .rate{grid-area:rate;font-size:1.3rem;line-height:1.4;font-weight:650;letter-spacing:-.01em}
.tile .time{grid-area:time;font-size:.92rem;white-space:nowrap}
.tile .sure{grid-area:sure;display:flex;flex-wrap:wrap;align-items:baseline;font-size:.77rem;color:var(--muted);white-space:nowrap}
.rate-bar{grid-area:bar;display:block;width:100%;height:4px;margin-top:.35rem}
.rate-bar .track{fill:var(--line)}.rate-bar .band{fill:var(--muted);opacity:.5}.rate-bar .mark-at{fill:var(--ink)}
.relayed>.tile{background:repeating-linear-gradient(-45deg,var(--panel) 0 7px,var(--hatch) 7px 10px)}
.failed>.tile{background:var(--bad-panel);border-color:var(--bad)}.failed>.tile .name,.failed>.tile .rate{color:var(--bad)}
.failed>.tile .sign{border-color:var(--bad);color:var(--bad)}
.impossible>.tile{background:transparent;border:1px dashed var(--band);color:var(--muted)}.impossible>.tile .rate{font-weight:400}
.impossible>.tile .sign{border-style:dotted}
.untested>.tile,.unsupported>.tile{background:transparent;border:1px dotted var(--line);color:var(--muted)}
.smalls{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,34rem),1fr));gap:1.75rem 2rem;margin-top:1.25rem}
figure{margin:0;min-width:0}figcaption{font-weight:600;margin-bottom:.25rem}
.matrix.small{border-spacing:3px;margin:0 -3px}
.small th{font-size:.72rem;line-height:1.25;font-weight:500;padding:.2rem .3rem}
.matrix.small .corner{width:5.6rem}
.small .tile{display:block;min-height:0;padding:.25rem .35rem;line-height:1.3;border-radius:5px}
.small .tile>*{display:block;font-size:.68rem;white-space:nowrap}.small .tile .rate{font-size:.92rem;line-height:1.3}
.small .unknown>.tile{background:transparent;border:1px dotted var(--band);color:var(--muted)}.small .unknown>.tile .rate{font-weight:400}
.small .verdict{color:var(--bad);font-weight:600}
${Array.from({ length: 11 }, (_, step) => `.small .r${step}>.tile{background:color-mix(in srgb,var(--plugin) ${6 + step * 3}%,var(--page))}`).join('\n')}
.small [class^=r]>.tile .sure{color:inherit;opacity:.8}
.small .unexpected>.tile{border:2px solid var(--bad)}
`;
