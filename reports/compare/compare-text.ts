import { counted, duration, percent, percentRange } from '../format.ts';
import { disagreements } from './compare-runs.ts';
import type { ComparedRow, Comparison, NamedCount, Share, Verdict } from './compare-types.ts';

/** For a terminal: what disagrees in full, what can't be compared by its reasons, and the rest in a sentence. */
export function comparisonText(comparison: Comparison): string {
  const { runs, rows, alone } = comparison;
  const sections = [
    runs.map(({ dir, world, trials, interrupted }) => {
      return `${world.padEnd(6)} ${dir}: ${counted(trials, 'result')}${interrupted ? ', interrupted' : ''}`;
    }),
    natLines(comparison),
    rows.filter(({ verdict }) => verdict === 'disagrees').flatMap((row) => disagreementLines(row, comparison)),
    reasonLines(rows, 'unsupported'),
    alone.length > 0 ? [`${counted(alone.length, 'cell')} in one of the runs only: ${alone.join(' ')}`] : [],
    quirkLines(comparison),
    [summary(comparison)],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** One sentence. */
export function summary(comparison: Comparison): string {
  const { rows, nats } = comparison;
  const of = (verdict: Verdict) => rows.filter((row) => row.verdict === verdict);
  const agreeing = of('agrees');
  const certain = agreeing.filter((row) => row.certain).length;
  const apart = disagreements(comparison);
  const compared = agreeing.length + of('disagrees').length;
  const parts = [
    `${agreeing.length} of ${counted(compared, 'comparison')} agree: ${certain} where nothing is left to chance, ${
      agreeing.length - certain
    } by overlapping 99% intervals`,
    `${nats.filter(({ agrees }) => agrees).length} of ${counted(nats.length, 'NAT')} look the same`,
    counted(apart, 'disagreement'),
  ];
  const left = of('unsupported').length + of('missing').length;
  return `${parts.join('; ')}${left > 0 ? `; ${left} could not be compared` : ''}.`;
}

export function shareText({ successes, trials, interval, medianMs }: Share): string {
  const time = medianMs === null ? '' : `, median ${duration(medianMs)}`;
  return `${successes}/${trials} ${percent(successes, trials)} (${percentRange(interval)})${time}`;
}

export function namesText(names: readonly NamedCount[]): string {
  return names.map(({ name, count }) => `${name} × ${count}`).join(', ');
}

function disagreementLines({ cell, plugin, what, shares, note }: ComparedRow, { runs }: Comparison): string[] {
  return [
    `DISAGREES ${cell} ${plugin ?? what}: ${note}`,
    ...shares.map((share, index) =>
      `  ${runs[index]!.world.padEnd(6)} ${shareText(share)} ${share.paths.join(', ')}`.trimEnd(),
    ),
  ];
}

function natLines({ nats, runs }: Comparison): string[] {
  return nats
    .filter(({ agrees }) => !agrees)
    .flatMap(({ declared, inferred }) => [
      `DISAGREES what ${declared} looks like`,
      ...inferred.map((names, index) => `  ${runs[index]!.world.padEnd(6)} ${namesText(names)}`),
    ]);
}

/** How many rows have which reason. */
export function reasons(rows: readonly ComparedRow[], verdict: Verdict): NamedCount[] {
  const counts = new Map<string, number>();
  for (const row of rows) if (row.verdict === verdict) counts.set(row.note, (counts.get(row.note) ?? 0) + 1);
  return [...counts].map(([name, count]) => ({ name, count }));
}

function reasonLines(rows: readonly ComparedRow[], verdict: Verdict): string[] {
  return reasons(rows, verdict).map(({ name, count }) => `${verdict}, ${count} ×: ${name}`);
}

function quirkLines({ quirks }: Comparison): string[] {
  return quirks.map(({ name, meaning, nats }) => `quirk, ${name}: ${meaning}; of ${nats.join(', ')}`);
}
