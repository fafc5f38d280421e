import { openRun, ReadRunError, type Run } from '../read-run.ts';
import { wilson } from '../statistics.ts';
import { type Collected, collectRun, SubjectCount, subjectKey } from './collect.ts';
import type { ComparedNat, ComparedRow, Comparison, NamedCount, Share, Verdict } from './compare-types.ts';
import { quirksOf } from './quirks.ts';

/**
 * Compares two runs of one scenario, cell by cell and plugin by plugin.
 *
 * @param first what `lab run` wrote: the world that claims to be right
 * @throws ReadRunError if a directory is no run, or they are not of one scenario
 */
export async function compareRuns(first: string, second: string): Promise<Comparison> {
  const runs = (await Promise.all([first, second].map(openRun))) as [Run, Run];
  refuseStrangers(runs);
  const counts = (await Promise.all(runs.map(collectRun))) as [Collected, Collected];
  const [ours, theirs] = runs.map(({ info }) => new Set(info.cells.map(({ id }) => id)));
  const cells = runs[0].info.cells.map(({ id }) => id).filter((id) => theirs!.has(id));
  return {
    name: runs[0].info.name,
    runs: [describe(runs[0], counts[0]), describe(runs[1], counts[1])],
    rows: cells.flatMap((cell) => rowsOf(cell, runs, counts)),
    nats: comparedNats(counts),
    quirks: quirksOf(runs),
    alone: [...ours!, ...theirs!].filter((id) => !(ours!.has(id) && theirs!.has(id))),
  };
}

/** What the command answers by its exit code. */
export function disagreements({ rows, nats }: Comparison): number {
  return rows.filter(({ verdict }) => verdict === 'disagrees').length + nats.filter(({ agrees }) => !agrees).length;
}

function refuseStrangers([first, second]: readonly [Run, Run]): void {
  const refuse = (what: string, ours: string, theirs: string) => {
    if (ours !== theirs)
      throw new ReadRunError(
        `${second.dir}: has ${what} ${theirs}, but ${first.dir} has ${ours}: they can't be compared`,
      );
  };
  refuse('mode', first.info.mode, second.info.mode);
  const axes = ({ info }: Run) => Object.keys(info.cells[0]?.axes ?? {}).join(', ');
  refuse('the axes', axes(first), axes(second));
  if (!first.info.cells.some(({ id }) => second.info.cells.some((cell) => cell.id === id)))
    throw new ReadRunError(`${second.dir}: has no cell that ${first.dir} has: they can't be compared`);
}

function describe({ dir, info }: Run, { trials }: Collected): Comparison['runs'][0] {
  return { dir, world: info.world ?? 'sim', trials, interrupted: info.interrupted };
}

function rowsOf(cell: string, [first]: readonly [Run, Run], counts: readonly [Collected, Collected]): ComparedRow[] {
  const { mode, plugins } = first.info;
  if (mode === 'each') return plugins.map((plugin) => row(cell, plugin, 'connected', counts));
  return [row(cell, null, 'connected', counts), row(cell, null, 'directly', counts)];
}

function row(
  cell: string,
  plugin: string | null,
  what: ComparedRow['what'],
  counts: readonly [Collected, Collected],
): ComparedRow {
  const key = subjectKey(cell, plugin);
  const subjects = counts.map(({ subjects: all }) => all.get(key) ?? new SubjectCount()) as [
    SubjectCount,
    SubjectCount,
  ];
  const shares = subjects.map((subject) => shareOf(subject, what)) as [Share, Share];
  const certain = !subjects.some(({ sometimes }) => sometimes) && isConstant(shares[0]);
  return { cell, plugin, what, certain, shares, ...judge(subjects, shares, certain) };
}

function judge(
  subjects: readonly [SubjectCount, SubjectCount],
  shares: readonly [Share, Share],
  certain: boolean,
): { verdict: Verdict; note: string } {
  const reason = subjects.map(({ unsupported }) => unsupported).find((text) => text !== undefined);
  if (reason !== undefined) return { verdict: 'unsupported', note: reason };
  if (shares.some(({ trials }) => trials === 0))
    return { verdict: 'missing', note: 'one of the runs has no trial of it' };
  const broken = subjects.find((subject) => subject.broken > 0);
  if (broken) return { verdict: 'disagrees', note: `${broken.broken} trials ended by a defect: ${broken.brokenBy}` };
  const [ours, theirs] = shares;
  const same = isConstant(theirs) && ours.successes > 0 === theirs.successes > 0;
  if (certain && !same) return { verdict: 'disagrees', note: 'nothing is left to chance here' };
  const apart = ours.interval.high < theirs.interval.low || theirs.interval.high < ours.interval.low;
  if (apart) return { verdict: 'disagrees', note: 'the 99% intervals exclude each other' };
  if (certain && !sameSet(ours.paths, theirs.paths))
    return { verdict: 'disagrees', note: `path ${ours.paths.join(', ')} against ${theirs.paths.join(', ')}` };
  return { verdict: 'agrees', note: '' };
}

function shareOf(subject: SubjectCount, what: ComparedRow['what']): Share {
  const successes = what === 'connected' ? subject.connected : subject.direct;
  const paths = what === 'connected' ? [] : ['relayed'];
  return {
    successes,
    trials: subject.trials,
    interval: wilson(successes, subject.trials, 99),
    // In a race, which plugin's path wins is a matter of milliseconds; one by one it is not.
    paths: sorted(subject.paths)
      .map(({ name }) => name)
      .filter((path) => !paths.includes(path)),
    medianMs: subject.connectMs.percentile(50) ?? null,
  };
}

function comparedNats(counts: readonly [Collected, Collected]): ComparedNat[] {
  const [ours, theirs] = counts.map(({ inferred }) => inferred);
  return [...ours!].flatMap(([declared, names]) => {
    const other = theirs!.get(declared);
    if (!other) return [];
    const inferred = [sorted(names), sorted(other)] as const;
    return [{ declared, inferred, agrees: inferred[0][0]!.name === inferred[1][0]!.name }];
  });
}

function sorted(counts: ReadonlyMap<string, number>): NamedCount[] {
  const named = [...counts].map(([name, count]) => ({ name, count }));
  return named.sort((left, right) => right.count - left.count || (left.name < right.name ? -1 : 1));
}

function isConstant({ successes, trials }: Share): boolean {
  return trials > 0 && (successes === 0 || successes === trials);
}

function sameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((value) => right.includes(value));
}
