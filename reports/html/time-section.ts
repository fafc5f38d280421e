import { duration, integer } from '../format.ts';
import { type Context, chip, colourClass } from './context.ts';
import { html, json, type Markup } from './markup.ts';

/** How long connections took, by plugin: a chart, and the same numbers as a table. */
export function timeSection(context: Context): Markup {
  const rows = context.aggregate.byPlugin.flatMap(({ plugin, tally: { connectMs } }) =>
    connectMs ? [{ plugin, ms: connectMs }] : [],
  );
  if (rows.length === 0) return html``;
  const chart = rows.map(({ plugin, ms: { p5, p25, median, p75, p95, count } }) => ({
    label: plugin,
    colour: colourClass(context, plugin),
    percentiles: [p5, p25, median, p75, p95],
    count,
  }));
  const sampled = rows.some(({ ms }) => !ms.exact);
  return html`<section id="times" aria-labelledby="times-title"><h2 id="times-title">Time to connect</h2>
<p class="lead">From the dial until both ends had proved their keys, by ${
    context.aggregate.mode === 'race' ? 'winning plugin' : 'plugin alone'
  }.</p>
<div class="chart chart-${Math.min(rows.length, 12)}"><canvas id="chart" role="img" aria-label="Time to connect by plugin; the table below has the numbers"></canvas></div>
<p class="note chart-note">Thin bar: 5th to 95th percentile. Thick bar: the middle half. Line: median.</p>
<script type="application/json" id="chart-data">${json(chart)}</script>
<div class="scroll"><table class="plain"><thead><tr><th scope="col">plugin</th>
<th scope="col" class="number">connections</th><th scope="col" class="number">5%</th>
<th scope="col" class="number">25%</th><th scope="col" class="number">median</th>
<th scope="col" class="number">75%</th><th scope="col" class="number">95%</th></tr></thead><tbody>
${rows.map(
  ({ plugin, ms }) => html`<tr><th scope="row">${chip(context, plugin)} ${plugin}</th>
<td class="number">${integer(ms.count)}</td>${[ms.p5, ms.p25, ms.median, ms.p75, ms.p95].map(
    (value) => html`<td class="number">${duration(value)}</td>`,
  )}</tr>`,
)}</tbody></table></div>
${sampled && html`<p class="note">Percentiles of more than 65,536 values are those of a random choice of so many.</p>`}
</section>`;
}
