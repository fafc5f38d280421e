import { integer } from '../format.ts';
import { contribution, meanOf, ourRate, samePairs, testedCells, theirRate, totalWeight } from './compared-cells.ts';
import type { PairTable } from './pair-table.ts';
import { distance, points, sharePercent, signedPoints } from './points.ts';
import type { Comparison, PopulationGroup, Theory } from './population-types.ts';

/** A comparison that is not accounted for yet. */
export interface Compared extends Omit<Comparison, 'account'> {
  /** Every pair of the population, with what the figure's plugins did. */
  readonly table: PairTable;
}

/** What else is known of the same trials. */
export interface GroupFacts {
  /** Every pair, with what all plugins did. */
  readonly any: PairTable;
  readonly comparisons: readonly Compared[];
  /** On links, to chance. */
  readonly lostPackets: number;
}

/** What is less is not worth a sentence. */
const LEAST = 0.0005;
const MOST_CELLS = 3;

/**
 * What accounts for the distance between a published figure and ours. Every sentence is worked out from the cells: it
 * says where the gap lies and how much of it, never why the authors measured what they did.
 */
export function accountFor(compared: Compared, facts: GroupFacts): string[] {
  if (!compared.ours) return ['None of its pairs was tested.'];
  const matrix = compared.figure.what === 'pair-matrix';
  return [
    gap(compared),
    ...untested(compared),
    ...(matrix ? [...theoryOfMatrix(compared), ...largestCells(compared)] : theoryOfTotal(compared)),
    ...(matrix ? sameMatrices(compared, facts.comparisons) : withTheirFailures(compared, facts.comparisons)),
    ...leftOut(compared),
    ...otherPlugins(compared, facts.any),
    loss(facts.lostPackets),
  ];
}

/** Adds what the axes besides `a` and `b`, such as the link, change about each figure. */
export function compareGroups(groups: readonly PopulationGroup[]): PopulationGroup[] {
  const [first] = groups;
  return groups.map((group) => ({
    ...group,
    comparisons: group.comparisons.map((comparison, index) => {
      const [ours, base] = [comparison.ours, first!.comparisons[index]!.ours];
      if (group === first || !ours || !base) return comparison;
      const change = ours.share - base.share;
      const part = signedPoints(change) === '0.0' ? 'nothing' : `${points(change)} points`;
      const sentence = `With ${first!.title} ours is ${distance(-change)}: what sets the two apart accounts for ${part} here.`;
      return { ...comparison, account: [...comparison.account, sentence] };
    }),
  }));
}

function gap({ ours, theirs, figure: { errorPpm } }: Compared): string {
  const { share, interval } = ours!;
  const sure = `95% interval ${sharePercent(interval.low)} to ${sharePercent(interval.high)}`;
  const error = errorPpm === null ? '' : ` ± ${points(errorPpm / 1e6)}`;
  const inside = within(share, theirs, errorPpm) ? ', within its error' : '';
  return `Ours is ${sharePercent(share)} (${sure}), theirs ${sharePercent(theirs)}${error}: ${distance(share - theirs)}${inside}.`;
}

function untested({ ours }: Compared): string[] {
  const missing = 1 - ours!.tested;
  return missing > LEAST ? [`${sharePercent(missing)} of these pairs were not tested; ours is of the others.`] : [];
}

function theoryOfTotal({ cells }: Compared): string[] {
  const can = testedCells(cells, 'possible');
  if (can.length === 0) return [];
  const ours = sharePercent(meanOf(can, ourRate));
  return [`Theory connects ${sharePercent(totalWeight(can))} of these pairs; ours connect ${ours} of those.`];
}

function theoryOfMatrix({ cells }: Compared): string[] {
  const sentence = (theory: Theory, words: string, reading: (surplus: number) => string) => {
    const part = testedCells(cells, theory);
    if (part.length === 0) return [];
    const [ours, theirs] = [meanOf(part, ourRate), meanOf(part, theirRate)];
    const rates = `ours connect ${sharePercent(ours)}, theirs ${sharePercent(theirs)}`;
    const share = signedPoints(part.reduce((sum, cell) => sum + contribution(cell), 0));
    const where = `In the ${sharePercent(totalWeight(part))} of these pairs ${words}`;
    return [`${where}, ${rates}: ${share} points of the gap${reading(theirs - ours)}.`];
  };
  return [
    ...sentence('possible', 'that theory connects', (surplus) =>
      surplus < -LEAST ? '; NAT types do not explain what fails there' : '',
    ),
    ...sentence('impossible', 'that theory excludes', (surplus) =>
      surplus > LEAST ? '; so some NATs of those classes do better than ours of the name' : '',
    ),
  ];
}

function largestCells({ cells }: Compared): string[] {
  const parts = cells
    .filter((cell) => cell.trials > 0 && Math.abs(contribution(cell)) >= LEAST)
    .sort((one, other) => Math.abs(contribution(other)) - Math.abs(contribution(one)))
    .slice(0, MOST_CELLS)
    .map((cell) => {
      const rates = `${sharePercent(ourRate(cell))} against ${sharePercent(theirRate(cell))}`;
      return `${cell.a} to ${cell.b} ${signedPoints(contribution(cell))} (${rates}, ${sharePercent(cell.weight)} of the pairs)`;
    });
  return parts.length > 0 ? [`Its largest parts, in points: ${parts.join('; ')}.`] : [];
}

function sameMatrices({ theirs, cells, figure }: Compared, all: readonly Compared[]): string[] {
  const others = all.filter((other) => other.figure !== figure && other.figure.what === 'pair-matrix');
  return others
    .filter((other) => samePairs(other.cells, cells))
    .map((other) => `“${other.figure.name}”, of the same pairs, is ${distance(other.theirs - theirs)}.`);
}

/** What the failures of a published matrix would make of ours. */
function withTheirFailures({ ours, theirs, figure }: Compared, all: readonly Compared[]): string[] {
  return all.flatMap(({ figure: { name, what, plugins }, cells }) => {
    const can = testedCells(cells, 'possible');
    const related = what === 'pair-matrix' && plugins.some((plugin) => figure.plugins.includes(plugin));
    if (!related || can.length === 0) return [];
    const success = meanOf(can, theirRate);
    const reduced = ours!.share * success;
    const inside = within(reduced, theirs, figure.errorPpm) ? ', within the error of this figure' : '';
    const failures = `failed as often as in “${name}” (${sharePercent(1 - success)})`;
    return [`If pairs that theory connects ${failures}, ours would be ${sharePercent(reduced)}${inside}.`];
  });
}

function leftOut({ cells, table }: Compared): string[] {
  const missing = 1 - table.weightOf(cells);
  const { all } = table.shares();
  if (missing < LEAST || !all) return [];
  return [`It leaves out ${sharePercent(missing)} of all pairs; with them ours is ${sharePercent(all.share)}.`];
}

function otherPlugins({ ours, cells, figure: { plugins } }: Compared, any: PairTable): string[] {
  const all = any.share(any.cells(cells.map(({ a, b }) => ({ a, b, ppm: null }))));
  if (!all || all.share - ours!.share < LEAST) return [];
  return [`Ours counts ${plugins.join(' and ')} only; by all plugins ${sharePercent(all.share)} of its pairs connect.`];
}

function loss(packets: number): string {
  if (packets === 0) return 'No link lost a packet in these trials.';
  return `Links lost ${integer(packets)} ${packets === 1 ? 'packet' : 'packets'} in these trials.`;
}

function within(share: number, theirs: number, errorPpm: number | null): boolean {
  return errorPpm !== null && Math.abs(share - theirs) <= errorPpm / 1e6;
}
