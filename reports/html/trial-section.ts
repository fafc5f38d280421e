import type { CellSummary, TrialDetail } from '../aggregate-types.ts';
import { duration, integer, percent, percentRange } from '../format.ts';
import { stateOf } from '../matrices.ts';
import { replayCommand } from '../replay-command.ts';
import type { AttemptResult } from '../schema.ts';
import { type Context, chip } from './context.ts';
import { html, type Markup } from './markup.ts';

/** For each cell: what theory says, what it cost, and its trials with their attempts and replay commands. */
export function trialSection(context: Context): Markup {
  const cells = context.aggregate.cells.filter(({ tally }) => stateOf(tally) !== 'untested');
  return html`<section id="trials" aria-labelledby="trials-title"><h2 id="trials-title">Trials</h2>
<p class="lead">One entry a cell; open it for its trials. <code>lab replay</code> runs a trial again, packet for packet.</p>
${cells.map((cell) => cellDetails(context, cell))}</section>`;
}

function cellDetails(context: Context, cell: CellSummary): Markup {
  const { tally } = cell;
  const [first] = tally.winners;
  const others = [...cell.axes].filter(([name]) => name !== 'a' && name !== 'b').map(([, value]) => value);
  const state = stateOf(tally);
  return html`<details class="cell ${state}" id="${context.anchors.get(cell.id)}"><summary>
<span class="pair">${cell.axes.get('a')} <span class="muted">→</span> ${cell.axes.get('b')}${
    others.length > 0 && html` <span class="muted">${others.join(', ')}</span>`
  }</span>
<span class="who">${
    first
      ? html`${chip(context, first.plugin, first.path === 'relayed')} ${first.plugin}`
      : html`<span class="muted">${state === 'failed' ? 'no connection' : state}</span>`
  }</span>
<span class="number">${percent(tally.connected, tally.trials)}</span>
<span class="number muted">${integer(tally.connected)}/${integer(tally.trials)}, ${percentRange(tally.interval)}</span>
<span class="number">${tally.connectMs && duration(tally.connectMs.median)}</span></summary>
<div class="inside">${theory(cell)}${costs(cell)}<ol class="trials">${cell.trials.map((trial) =>
    trialItem(context, trial),
  )}</ol>${leftOut(cell)}</div></details>`;
}

function theory({ oracle: { possible, why } }: CellSummary): Markup | null {
  if (why.length === 0) return null; // Nobody knows what the NATs are.
  return html`<p><b>Theory:</b> ${possible.length > 0 ? `${possible.join(', ')} can connect.` : 'nothing can connect.'}</p>
<details class="why"><summary>Why</summary><ul>${why.flatMap(sentences).map((text) => html`<li>${text}</li>`)}</ul></details>`;
}

/** The oracle says one thing of the sides and one of each plugin. */
function sentences(why: string): string[] {
  return why.split(/\. (?=[\w-]+ (?:always|sometimes|never|unknown): )/);
}

function costs({ cost, tally }: CellSummary): Markup | null {
  const { packets, bytes, signals, mappings } = cost;
  if (!packets || !bytes || !signals) return null;
  const spread = tally.connectMs
    ? ` Time: ${duration(tally.connectMs.median)}, 95th percentile ${duration(tally.connectMs.p95)}.`
    : '';
  return html`<p><b>Median of a trial:</b> ${integer(packets.median)} packets (95th percentile ${integer(packets.p95)}), ${integer(
    bytes.median,
  )} bytes, ${integer(signals.median)} signals${mappings && html`, ${integer(mappings.median)} NAT mappings`}.${spread}</p>`;
}

function trialItem(context: Context, trial: TrialDetail): Markup {
  const { outcome, plugin, path, transport, connectMs, packets, only, drops, error } = trial;
  const good = outcome === 'connected';
  return html`<li class="trial ${good ? 'good' : 'bad'}"><div class="head"><b>Trial ${trial.trial}</b>
<span>${only !== null && html`${chip(context, only)} alone: `}${plugin && chip(context, plugin, path === 'relayed')} ${outcome}${
    path && html` <span class="muted">${path} over ${transport}</span>`
  }</span><span>${connectMs !== null && duration(connectMs)}</span><span class="muted">${integer(packets)} packets</span>
<span class="replay"><code>${replayCommand(trial)}</code><button type="button" class="copy">Copy</button></span></div>
${error !== null && html`<pre>${error}</pre>`}<div class="body"><table class="attempts"><tbody>${trial.attempts.map(
    (attempt) => attemptRow(context, attempt),
  )}</tbody></table>${
    drops.length > 0 &&
    html`<ul class="drop-list"><li class="muted">dropped packets</li>${drops.map(
      ({ name, count }) => html`<li>${integer(count)} × ${name}</li>`,
    )}</ul>`
  }</div></li>`;
}

function attemptRow(context: Context, { plugin, outcome, reason, ms, packets }: AttemptResult): Markup {
  const idle = outcome === 'not-applicable';
  return html`<tr class="${outcome}"><td>${chip(context, plugin)}</td><td>${outcome}</td><td>${reason}</td>
<td class="number">${!idle && duration(ms)}</td><td class="number">${!idle && html`${integer(packets)} packets`}</td></tr>`;
}

function leftOut({ leftOut: { connected, failed } }: CellSummary): Markup | null {
  if (connected + failed === 0) return null;
  return html`<p class="note">Left out here, but counted above: ${integer(connected)} that connected, ${integer(failed)} that did
not. They are in <code>results.jsonl</code>.</p>`;
}
