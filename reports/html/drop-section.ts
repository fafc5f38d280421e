import { integer, percent } from '../format.ts';
import type { Context } from './context.ts';
import { html, type Markup } from './markup.ts';

const SHOWN = 25;

/** Why packets died, over all trials. */
export function dropSection({ aggregate: { drops } }: Context): Markup {
  const all = drops.reduce((sum, { count }) => sum + count, 0);
  const most = drops[0]?.count ?? 1;
  const rest = drops.slice(SHOWN).reduce((sum, { count }) => sum + count, 0);
  return html`<section id="drops" aria-labelledby="drops-title"><h2 id="drops-title">Dropped packets</h2>
${
  all === 0
    ? html`<p class="lead">No packet was dropped.</p>`
    : html`<p class="lead">${integer(all)} packets, by the rule that killed them.</p>
<div class="scroll"><table class="plain drops"><thead><tr><th scope="col">rule</th><th scope="col" class="number">packets</th>
<th scope="col" class="number">share</th><th scope="col" aria-hidden="true"></th></tr></thead><tbody>
${drops.slice(0, SHOWN).map(
  ({ name, count }) => html`<tr><th scope="row">${name}</th><td class="number">${integer(count)}</td>
<td class="number">${percent(count, all)}</td><td class="share"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
<rect width="${((100 * count) / most).toFixed(1)}" height="8"/></svg></td></tr>`,
)}
${rest > 0 && html`<tr><th scope="row">${drops.length - SHOWN} more</th><td class="number">${integer(rest)}</td><td class="number">${percent(rest, all)}</td><td></td></tr>`}
</tbody></table></div>`
}</section>`;
}
