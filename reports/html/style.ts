import type { Aggregate } from '../aggregate-types.ts';
import { matrices } from '../matrices.ts';
import { TILE_STYLE } from './tile-style.ts';

/** The style sheet. It depends on the report only by how many columns the matrices have. */
export function styleSheet(aggregate: Aggregate): string {
  const columns = Math.max(0, ...matrices(aggregate).map((matrix) => matrix.columns.length));
  return `${BASE}${columnRules(columns)}${TILE_STYLE}${PRINT}`;
}

/** What every page has, matrices or not. */
export function baseStyle(): string {
  return `${BASE}${PRINT}`;
}

/** Widths, and light on the column of the cell that is pointed at or focused. (Its row needs no rule for each.) */
function columnRules(columns: number): string {
  const rules = Array.from({ length: columns }, (_, index) => {
    const column = `:nth-child(${index + 2})`;
    return `.matrix:has(td${column}:is(:hover,:focus-within)) th${column}`;
  });
  const highlight = `${rules.join(',\n')}{color:var(--ink);background:var(--highlight)}`;
  // Fixed columns of equal width, that fill the page and scroll only where they have to.
  const width = `.matrix{width:100%;min-width:${9 + columns * 11}rem}.matrix.small{min-width:${6 + columns * 4.7}rem}`;
  return columns === 0 ? '' : `${highlight}\n${width}.matrix .corner{width:9rem}\n`;
}

/** Colours: Okabe and Ito's, which stay apart for colour-blind eyes, darkened where white text stands on them. */
const BASE = `
:root{color-scheme:light dark;--page:#fff;--panel:#f5f6f8;--ink:#16191d;--muted:#5a636e;--line:#dde1e6;
--highlight:#e8eef7;--link:#0a58a6;--bad:#b3261e;--bad-panel:#fdefee;--good:#1a7f4b;--warn:#8a5a00;--warn-panel:#fff6e0;
--band:#c9cfd6;--hatch:#e6e9ed}
@media (prefers-color-scheme:dark){:root{--page:#101317;--panel:#191d23;--ink:#e9ecf0;--muted:#9aa4b0;--line:#2b313a;
--highlight:#24303f;--link:#7db7f2;--bad:#ff8f85;--bad-panel:#2e1a1a;--good:#5fce95;--warn:#f0c05a;--warn-panel:#2b2412;
--band:#47505b;--hatch:#232932}}
.p0{--plugin:#0072b2;--on:#fff}.p1{--plugin:#e69f00;--on:#1c1300}.p2{--plugin:#009e73;--on:#00140f}
.p3{--plugin:#c65102;--on:#fff}.p4{--plugin:#cc79a7;--on:#22091a}.p5{--plugin:#56b4e9;--on:#03202f}
.p6{--plugin:#8c6bb1;--on:#fff}.p7{--plugin:#e5d93a;--on:#1d1b00}.pn{--plugin:#7a828c;--on:#fff}
@media (prefers-color-scheme:dark){.p0{--plugin:#3a9bdc;--on:#03131f}.p3{--plugin:#e8702a;--on:#1c0a00}.p6{--plugin:#a98bd0;--on:#150a24}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:1rem;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
font-variant-numeric:tabular-nums}
main{max-width:1320px;margin:0 auto;padding:2.5rem clamp(1rem,3vw,2.5rem) 5rem}
section{margin-top:3.5rem}
h1{font-size:2rem;line-height:1.2;letter-spacing:-.02em;margin:0;overflow-wrap:anywhere}
h2{font-size:1.3rem;letter-spacing:-.01em;margin:0 0 .35rem}
h3{font-size:1rem;margin:1.75rem 0 .5rem}
p{margin:.35rem 0}
a{color:var(--link)}
code,pre{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{white-space:pre-wrap;margin:.25rem 0;color:var(--bad)}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:1rem}
.muted,.lead,.note{color:var(--muted)}
.lead{max-width:75ch;margin-bottom:1rem}
.note{font-size:.87rem}
.brand{margin:0 0 .25rem;color:var(--muted);font-weight:600}
.findings{font-size:1.12rem;line-height:1.55;max-width:80ch;margin:.75rem 0 1.25rem}
.warnings{list-style:none;margin:1rem 0;padding:.75rem 1rem;border-left:4px solid var(--warn);background:var(--warn-panel);border-radius:0 6px 6px 0}
.facts{display:flex;flex-wrap:wrap;gap:.75rem 2rem;margin:0}
.facts dt{color:var(--muted);font-size:.8rem}.facts dd{margin:0;overflow-wrap:anywhere}
.expectations{margin-top:1.25rem}.expectations summary{font-weight:600}
.expectations ul{list-style:none;margin:.5rem 0;padding:0}.expectations li{padding:.15rem 0}
.mark{display:inline-block;width:1.4em;font-weight:700}.met .mark{color:var(--good)}.unmet .mark,.unmet .found{color:var(--bad)}
.found{color:var(--muted)}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin-top:1.5rem;padding-top:.9rem;border-top:1px solid var(--line)}
nav a{text-decoration:none}nav a:hover{text-decoration:underline}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse}
caption{text-align:left;font-weight:600;padding:1rem 0 .25rem}
.plain{font-size:.9rem;min-width:min(100%,46rem)}
.plain th,.plain td{text-align:left;vertical-align:top;padding:.4rem 1.1rem .4rem 0;border-bottom:1px solid var(--line);font-weight:400}
.plain thead th{color:var(--muted);font-size:.8rem;vertical-align:bottom}
.plain .number,.number{text-align:right;white-space:nowrap}
.plain .reason{min-width:16rem}
.plain tbody th{white-space:nowrap}
.chip{display:inline-block;min-width:1.9em;padding:0 .35em;border:2px solid var(--plugin);border-radius:4px;background:var(--plugin);color:var(--on);
font-size:.72rem;line-height:1.4;font-weight:700;text-align:center;vertical-align:.08em}
.chip.relayed{background:transparent;color:inherit;border-style:dashed}
.chip.sign{background:transparent;border:2px solid var(--band);color:var(--muted)}
.chip.sign.failed{border-color:var(--bad);color:var(--bad)}.chip.sign.impossible{border-style:dotted}
.key{margin-top:1rem;font-size:.87rem;color:var(--muted)}
.key ul{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;list-style:none;margin:0 0 .45rem;padding:0}
.key p{max-width:90ch}
.chart,.chart-note{display:none;position:relative}.chart{margin-top:1rem}.chart-note{margin:0 0 1.5rem}.js :is(.chart,.chart-note){display:block}
${Array.from({ length: 12 }, (_, index) => `.chart-${index + 1}{height:${(index + 1) * 42 + 40}px}`).join('')}
.share{width:12rem;min-width:6rem}.share svg{display:block;width:100%;height:8px;margin-top:.4rem;fill:var(--band)}
.nats{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:.75rem 2rem;margin:1rem 0 1.5rem}
.nats dt{font-weight:600}.nats dd{margin:0;color:var(--muted)}
.behaviour thead th{color:var(--ink);font-weight:600}.behaviour tbody th{color:var(--muted)}
.published{margin:1.5rem 0 2rem;padding-left:1rem;border-left:3px solid var(--line)}
.published h3{margin:0}.published .facts{margin:.6rem 0}
.group{font-size:1.1rem;margin-top:2.5rem}
.account{max-width:95ch;margin:.25rem 0 .75rem;padding-left:1.2rem}
.compared .below{display:block;font-size:.8rem;color:var(--muted);white-space:nowrap}
.weighted td,.compared td{min-width:9rem}
summary{cursor:pointer}
.same{margin-top:1rem;font-size:.9rem}.same dl{columns:18rem;margin:.5rem 0}.same dl div{break-inside:avoid}
.same dt{display:inline;color:var(--muted)}.same dt::after{content:" "}.same dd{display:inline;margin:0}
.cell{border-bottom:1px solid var(--line);scroll-margin-top:1rem}
.cell>summary{display:grid;grid-template-columns:1.2rem minmax(12rem,2.2fr) minmax(8rem,1.2fr) 4rem 9rem 5rem;gap:.25rem 1rem;padding:.5rem .25rem;list-style:none;align-items:baseline}
.cell>summary::-webkit-details-marker{display:none}
.cell>summary::before{content:"▸";color:var(--muted)}.cell[open]>summary::before{content:"▾"}
.cell>summary:hover{background:var(--panel)}
.cell .inside{padding:.25rem 0 1.5rem 1.45rem}
.cell .pair{overflow-wrap:anywhere}
.cell.failed .who .muted{color:var(--bad)}
.why{font-size:.87rem;color:var(--muted);max-width:110ch}.why ul{margin:.25rem 0;padding-left:1.2rem}
.trials{list-style:none;margin:.75rem 0 0;padding:0;font-size:.88rem}
.trial{padding:.55rem 0 .65rem .75rem;border-top:1px solid var(--line)}.trial.bad{border-left:3px solid var(--bad)}
.trial .head{display:flex;flex-wrap:wrap;gap:.15rem 1.25rem;align-items:baseline}
.trial .replay{margin-left:auto;overflow-wrap:anywhere}
.trial .body{display:flex;flex-wrap:wrap;gap:.25rem 3rem;margin-top:.3rem}
.attempts td{padding:.08rem .9rem .08rem 0;vertical-align:baseline}.attempts td:nth-child(3){min-width:12rem;max-width:34rem}
.attempts .won td:nth-child(2){color:var(--good);font-weight:600}.attempts .failed td:nth-child(2){color:var(--bad)}
.attempts .not-applicable td,.attempts .cancelled td{color:var(--muted)}
.drop-list{list-style:none;margin:0;padding:0}
.copy{display:none;margin-left:.5rem;font:inherit;font-size:.8rem;padding:.05rem .6rem;color:var(--ink);background:var(--panel);border:1px solid var(--line);border-radius:5px;cursor:pointer}
.js .copy{display:inline-block}.copy:hover{background:var(--highlight)}
@media (max-width:760px){
main{padding-top:1.5rem}section{margin-top:2.5rem}h1{font-size:1.6rem}
.cell>summary{grid-template-columns:1.2rem 1fr 3.5rem 4.5rem}.cell>summary .who{grid-row:2;grid-column:2}
.cell>summary .number.muted{grid-row:2;grid-column:3/5}
.cell .inside{padding-left:0}}
`;

const PRINT = `
@media print{
:root{--page:#fff;--ink:#000}
body{font-size:10pt}main{max-width:none;padding:0}
nav,.skip,.copy{display:none!important}
.chip,.tile,td,th,svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.scroll{overflow:visible}section{break-before:auto}tr,figure,.nats div,.cell>summary{break-inside:avoid}
a{color:inherit;text-decoration:none}}
`;
