import type { Aggregate, Tally } from './aggregate-types.ts';
import { counted, duration, integer, percent, percentRange } from './format.ts';
import { stateOf } from './matrices.ts';

/** Reasons that a sentence has room for. */
const MOST_REASONS = 3;

/** What a run found, in one sentence. */
export function findings(aggregate: Aggregate): string {
  const { cells, totals } = aggregate;
  if (totals.trials === 0 && totals.unsupported > 0) return `No trial could be run here; ${unsupported(aggregate)}.`;
  if (totals.trials === 0) return 'No trial has ended yet.';
  const tested = cells.filter(({ tally }) => tally.trials > 0);
  const connecting = tested.filter(({ tally }) => tally.connected > 0);
  const noun = aggregate.axes.some(({ name, values }) => name !== 'a' && name !== 'b' && values.length > 1)
    ? 'cell'
    : 'pair';
  const parts = [
    `${integer(connecting.length)} of ${counted(tested.length, noun)} connect`,
    `${integer(totals.connected)} of ${counted(totals.trials, 'trial')} (${percent(totals.connected, totals.trials)}, ` +
      `95% interval ${percentRange(totals.interval)})`,
  ];
  const sentence = [`${parts.join(', in ')}${speed(aggregate)}`, ...exceptions(aggregate, noun)];
  return `${sentence.join('; ')}.`;
}

function speed({ totals }: Aggregate): string {
  const { connectMs, connected, relayed, winners } = totals;
  const [first] = winners;
  if (!connectMs || !first) return '';
  const relay = relayed > 0 ? `, ${percent(relayed, connected)} of them through a relay` : '';
  const share = percent(first.trials, connected);
  return `${relay}, in a median of ${duration(connectMs.median)}, most often by ${first.plugin} (${share})`;
}

function exceptions(aggregate: Aggregate, noun: string): string[] {
  const { cells, mode, totals, byPlugin } = aggregate;
  const states = cells.map(({ tally }) => stateOf(tally));
  const impossible = states.filter((state) => state === 'impossible').length;
  const failed = states.filter((state) => state === 'failed').length;
  const untested = states.filter((state) => state === 'untested').length;
  // In mode `each` a trial's headline hides what happened to all but its best plugin.
  const bugs = mode === 'race' ? defects(totals) : byPlugin.reduce((sum, { tally }) => sum + defects(tally), 0);
  const parts: string[] = [];
  if (failed > 0) parts.push(`${counted(failed, noun)} never did though theory does not rule it out`);
  if (impossible > 0) parts.push(`${counted(impossible, noun)} cannot by theory`);
  if (totals.missed > 0) parts.push(`${counted(totals.missed, 'trial')} missed a possible connection`);
  if (totals.unexpected > 0) parts.push(`${counted(totals.unexpected, 'trial')} connected against theory`);
  if (totals.unsupported > 0) parts.push(unsupported(aggregate));
  if (untested > 0) parts.push(`${counted(untested, noun)} untested`);
  if (bugs > 0) parts.push(`${counted(bugs, 'result')} ended in a defect of the lab (stalled or crashed)`);
  return parts;
}

/** How many, and why: of what was kept of each cell. */
function unsupported({ cells, totals }: Aggregate): string {
  const details = cells.flatMap(({ trials }) => trials).filter(({ outcome }) => outcome === 'unsupported');
  const reasons = [...new Set(details.flatMap(({ error }) => error ?? []))];
  const shown = reasons.slice(0, MOST_REASONS).join('; ');
  const more = reasons.length > MOST_REASONS ? `; and ${reasons.length - MOST_REASONS} more reasons` : '';
  return `${counted(totals.unsupported, 'trial')} unsupported${shown && ` (${shown}${more})`}`;
}

function defects({ outcomes }: Tally): number {
  return (outcomes.get('stalled') ?? 0) + (outcomes.get('crashed') ?? 0);
}
