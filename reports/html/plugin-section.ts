import type { PluginSummary, Tally } from '../aggregate-types.ts';
import { duration, integer, percent, percentRange } from '../format.ts';
import { type Matrix, matrices } from '../matrices.ts';
import { isJudged } from '../oracle.ts';
import { type Context, chip, colourClass } from './context.ts';
import { html, type Markup } from './markup.ts';

/** What each plugin did: totals, and in mode `each` a matrix for each. */
export function pluginSection(context: Context): Markup {
  const each = context.aggregate.mode === 'each';
  return html`<section id="plugins" aria-labelledby="plugins-title"><h2 id="plugins-title">Plugins</h2>
${each ? aloneTable(context) : raceTable(context)}
${each && small(context)}</section>`;
}

function raceTable(context: Context): Markup {
  const { byPlugin, totals } = context.aggregate;
  return html`<div class="scroll"><table class="plain"><thead><tr><th scope="col">plugin</th>
<th scope="col" class="number">wins</th><th scope="col" class="number">of all connections</th>
<th scope="col" class="number">against theory</th>
<th scope="col" class="number">failed</th><th scope="col" class="number">cancelled</th>
<th scope="col" class="number">not applicable</th><th scope="col" class="number">packets, median</th>
<th scope="col">commonest reason not to connect</th></tr></thead><tbody>
${byPlugin.map(
  ({ plugin, tally, attempts, packets, reasons }) => html`<tr>${name(context, plugin)}
<td class="number">${integer(tally.connected)}</td>
<td class="number">${percent(tally.connected, totals.connected)}</td>
<td class="number">${verdictCount(plugin, tally.unexpected)}</td>
<td class="number">${integer(attempts.get('failed') ?? 0)}</td>
<td class="number">${integer(attempts.get('cancelled') ?? 0)}</td>
<td class="number">${integer(attempts.get('not-applicable') ?? 0)}</td>
<td class="number">${packets && integer(packets.median)}</td>
<td class="reason">${reason({ reasons })}</td></tr>`,
)}</tbody></table></div>`;
}

function aloneTable(context: Context): Markup {
  return html`<div class="scroll"><table class="plain"><thead><tr><th scope="col">plugin</th>
<th scope="col" class="number">trials</th><th scope="col" class="number">connected</th>
<th scope="col" class="number">95% interval</th><th scope="col" class="number">possible, missed</th>
<th scope="col" class="number">impossible</th><th scope="col" class="number">against theory</th>
<th scope="col" class="number">median</th><th scope="col" class="number">packets, median</th>
<th scope="col">commonest reason not to connect</th></tr></thead><tbody>
${context.aggregate.byPlugin.map(
  ({ plugin, tally, packets, reasons }) => html`<tr>${name(context, plugin)}
<td class="number">${integer(tally.trials)}</td>
<td class="number">${percent(tally.connected, tally.trials)}</td>
<td class="number">${percentRange(tally.interval)}</td>
<td class="number">${verdictCount(plugin, tally.missed)}</td>
<td class="number">${verdictCount(plugin, tally.impossible)}</td>
<td class="number">${verdictCount(plugin, tally.unexpected)}</td>
<td class="number">${tally.connectMs && duration(tally.connectMs.median)}</td>
<td class="number">${packets && integer(packets.median)}</td>
<td class="reason">${reason({ reasons })}</td></tr>`,
)}</tbody></table></div>`;
}

function name(context: Context, plugin: string): Markup {
  return html`<th scope="row">${chip(context, plugin)} ${plugin}</th>`;
}

function verdictCount(plugin: string, count: number): Markup {
  return isJudged(plugin) ? html`${integer(count)}` : html`<span class="muted">not judged</span>`;
}

function reason({ reasons }: Pick<PluginSummary, 'reasons'>): Markup | null {
  const [first] = reasons;
  return first ? html`${first.name} <span class="muted">(${integer(first.count)})</span>` : null;
}

function small(context: Context): Markup {
  const all = matrices(context.aggregate);
  return html`<p class="lead">Each plugin alone. ∅ impossible by theory; ✕ possible, never connected; “missed” trials were
possible and did not connect; ★ connected against theory. Dotted: no rule says what is possible.</p>
${all.map(
  (matrix) => html`${matrix.title !== '' && html`<h3>${matrix.title}</h3>`}
<div class="smalls">${context.aggregate.plugins.map((plugin) => smallMatrix(context, matrix, plugin))}</div>`,
)}`;
}

function smallMatrix(context: Context, matrix: Matrix, plugin: string): Markup {
  return html`<figure class="${colourClass(context, plugin)}"><figcaption>${chip(context, plugin)} ${plugin}</figcaption>
<div class="scroll"><table class="matrix small"><thead><tr><th class="corner"></th>
${matrix.columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${matrix.rows.map(
    (row) =>
      html`<tr><th scope="row">${row}</th>${matrix.columns.map((column) => {
        const cell = matrix.cell(row, column);
        const found = cell?.plugins.find((one) => one.plugin === plugin);
        return found && cell ? smallTile(found.tally, context.anchors.get(cell.id)!) : html`<td class="untested"></td>`;
      })}</tr>`,
  )}</tbody></table></div></figure>`;
}

function smallTile(tally: Tally, anchor: string): Markup {
  const { trials, connected, interval, connectMs, unexpected } = tally;
  const state = smallState(tally);
  const sign = { impossible: '∅', failed: '✕ 0%' }[state] ?? percent(connected, trials);
  return html`<td class="${state}${unexpected > 0 && ' unexpected'}"><a class="tile" href="#${anchor}">
<span class="rate">${sign}</span>
<span class="sure">${percentRange(interval)}</span>
<span class="time">${connectMs ? duration(connectMs.median) : html`&nbsp;`}</span>
${verdict(tally)}</a></td>`;
}

/** `r0` to `r10` by the share that connected. `unknown`: none did, and the oracle has no rule. */
function smallState({ trials, connected, missed, impossible }: Tally): string {
  if (connected > 0) return `r${Math.round((10 * connected) / trials)}`;
  if (trials > 0 && impossible === trials) return 'impossible';
  return missed > 0 ? 'failed' : 'unknown';
}

function verdict({ missed, unexpected }: Tally): Markup | null {
  if (unexpected > 0) return html`<span class="verdict">★ ${integer(unexpected)} against theory</span>`;
  return missed > 0 ? html`<span class="verdict">${integer(missed)} missed</span>` : null;
}
