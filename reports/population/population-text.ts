import { sharePercent, signedPoints } from './points.ts';
import type { Comparison, MarginalShares, PairShares, PopulationGroup, PopulationSummary } from './population-types.ts';
import type { WeightedShare } from './weighted-share.ts';

const GAP = '  ';

/** The population's part of the terminal's summary, without colour. Only of the first group it gives all the details. */
export function populationText({ population, groups }: PopulationSummary): string {
  const { name, classes } = population;
  const total = classes.reduce((sum, { weightPpm }) => sum + weightPpm, 0);
  const shares = classes.map((one) => `${one.name} ${sharePercent(one.weightPpm / total)}`);
  const heading = `Two peers at random out of ${name === '' ? 'this population' : name}: ${shares.join(', ')}`;
  const [first, ...others] = groups;
  return [heading, ...(first ? details(first) : []), ...others.flatMap(outline)].join('\n\n');
}

function details({ comparisons, ...group }: PopulationGroup): string[] {
  return [shares(group), ...comparisons.map(comparisonText)];
}

function outline({ comparisons, ...group }: PopulationGroup): string[] {
  const rows = comparisons.map(comparisonRow);
  return [shares(group), ...(rows.length > 0 ? [table([HEADS, ...rows])] : [])];
}

function shares({ title, any, byPlugin }: Omit<PopulationGroup, 'comparisons'>): string {
  const several = byPlugin.length > 1;
  const marginal = several && byPlugin.some((one) => one.marginal);
  const row = (who: string, { all, udp }: PairShares) => [who, weighted(all), weighted(udp)];
  const lost = (shares: MarginalShares | null) => [
    weighted(shares?.connected ?? null),
    weighted(shares?.direct ?? null),
  ];
  return table([
    [title, 'of all pairs', 'of pairs with UDP', ...(marginal ? ['lost without it', 'lost directly'] : [])],
    ...byPlugin.map((one) => [...row(one.plugin, one), ...(marginal ? lost(one.marginal) : [])]),
    ...(several ? [row('any of them', any)] : []),
  ]);
}

const HEADS = ['published', 'theirs', 'ours', 'gap'];

function comparisonRow({ figure, theirs, ours }: Comparison): string[] {
  return [figure.name, sharePercent(theirs), weighted(ours), ours ? signedPoints(ours.share - theirs) : ''];
}

function comparisonText(comparison: Comparison): string {
  const { figure, cells, account } = comparison;
  return [
    table([HEADS, comparisonRow(comparison)]),
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
