import { sharePercent, signedPoints } from './points.ts';
import type { Comparison, PopulationGroup, PopulationSummary } from './population-types.ts';
import type { WeightedShare } from './weighted-share.ts';

const GAP = '  ';

/** The population's part of the terminal's summary, without colour. */
export function populationText({ population, groups }: PopulationSummary): string {
  const { name, classes } = population;
  const total = classes.reduce((sum, { weightPpm }) => sum + weightPpm, 0);
  const shares = classes.map((one) => `${one.name} ${sharePercent(one.weightPpm / total)}`);
  const heading = `Two peers at random out of ${name === '' ? 'this population' : name}: ${shares.join(', ')}`;
  return [heading, ...groups.map(groupText)].join('\n\n');
}

function groupText({ title, any, byPlugin, comparisons }: PopulationGroup): string {
  const rows = [
    ['connect', 'all pairs', 'both with UDP'],
    ['by any plugin', weighted(any.all), weighted(any.udp)],
    ...(byPlugin.length > 1 ? byPlugin.map(({ plugin, all, udp }) => [plugin, weighted(all), weighted(udp)]) : []),
  ];
  return [...(title === '' ? [] : [title]), table(rows), ...comparisons.map(comparisonText)].join('\n\n');
}

function comparisonText({ figure, theirs, ours, cells, account }: Comparison): string {
  const rows = [
    ['', 'theirs', 'ours', 'gap'],
    [figure.name, sharePercent(theirs), weighted(ours), ours ? signedPoints(ours.share - theirs) : ''],
  ];
  return [
    table(rows),
    ...(figure.what === 'pair-matrix' ? ['', matrix(cells)] : []),
    ...account.map((sentence) => `  - ${sentence}`),
    ...figure.differs.map((sentence) => `  * ${sentence}`),
  ].join('\n');
}

/** Ours before theirs, in percent; `*` where theory excludes the pair. */
function matrix(cells: Comparison['cells']): string {
  const rows = [...new Set(cells.map(({ a }) => a))];
  const columns = [...new Set(cells.map(({ b }) => b))];
  const cellText = (a: string, b: string) => {
    const cell = cells.find((one) => one.a === a && one.b === b);
    if (!cell) return '';
    const ours = cell.trials > 0 ? sharePercent(cell.connected / cell.trials) : '–';
    return `${ours} / ${sharePercent(cell.theirs ?? 0)}${cell.theory === 'impossible' ? ' *' : ''}`;
  };
  return table([
    ['ours / theirs', ...columns],
    ...rows.map((a) => [a, ...columns.map((b) => cellText(a, b))]),
    ...(cells.some(({ theory }) => theory === 'impossible') ? [['* theory excludes the pair']] : []),
  ]);
}

function weighted(share: WeightedShare | null): string {
  if (!share) return '–';
  const { low, high } = share.interval;
  return `${sharePercent(share.share)} (${sharePercent(low)} to ${sharePercent(high)})`;
}

function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map(({ length }) => length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.filter(({ length }) => length > 1).map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}
