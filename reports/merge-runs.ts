import { isDeepStrictEqual } from 'node:util';
import type { RunPopulation } from './population/run-population.ts';
import { ReadRunError, type Run } from './read-run.ts';
import type { Mode, NatLegend, RunCell, RunInfo, WorldName } from './schema.ts';

/** What several runs of a scenario have in common. */
export interface MergedRuns {
  readonly name: string;
  readonly mode: Mode;
  readonly plugins: readonly string[];
  readonly cells: readonly RunCell[];
  readonly nats: ReadonlyMap<string, NatLegend>;
  readonly population: RunPopulation | undefined;
  readonly warnings: readonly string[];
}

/**
 * Runs that differ in seed, name or versions are merged, with a warning. Those whose numbers would mean different
 * things are refused.
 *
 * @throws ReadRunError naming the two runs and the difference
 */
export function mergeRuns(runs: readonly Run[]): MergedRuns {
  const [first] = runs;
  if (!first) throw new ReadRunError('no run to report');
  for (const run of runs) refuseDifference(first, run);
  return {
    name: distinct(runs.map(({ info }) => info.name)).join(' + '),
    mode: first.info.mode,
    plugins: distinct(runs.flatMap(({ info }) => info.plugins)),
    cells: mergeCells(runs),
    nats: mergeNats(runs),
    population: first.info.population,
    warnings: differences(runs),
  };
}

function refuseDifference(first: Run, run: Run): void {
  const refuse = (what: string, ours: string, theirs: string) => {
    throw new ReadRunError(`${run.dir}: ${what} ${theirs}, but ${first.dir} has ${ours}: report them apart`);
  };
  if (run !== first && run.dir === first.dir) throw new ReadRunError(`${run.dir}: given twice`);
  if (run.info.mode !== first.info.mode) refuse('has mode', first.info.mode, run.info.mode);
  const [ours, theirs] = [first, run].map(({ info }) => Object.keys(info.cells[0]?.axes ?? {}).join(', '));
  if (ours !== theirs) refuse('has the axes', ours!, theirs!);
  if (!isDeepStrictEqual(run.info.population, first.info.population)) {
    throw new ReadRunError(`${run.dir}: has another population than ${first.dir}: report them apart`);
  }
  if (run.info.population && worldOf(run.info) !== worldOf(first.info)) {
    refuse('is a population in the world', worldOf(first.info), worldOf(run.info));
  }
}

/**
 * The axes of a cell, and the world where several are put together: then it tells one table from another.
 *
 * @param worlds those of all runs
 */
export function placedAxes(
  axes: Readonly<Record<string, string>>,
  { info }: Run,
  worlds: ReadonlySet<WorldName>,
): Readonly<Record<string, string>> {
  return worlds.size > 1 ? { ...axes, world: worldOf(info) } : axes;
}

export function worldsOf(runs: readonly Run[]): ReadonlySet<WorldName> {
  return new Set(runs.map(({ info }) => worldOf(info)));
}

function worldOf({ world }: RunInfo): WorldName {
  return world ?? 'sim';
}

function mergeCells(runs: readonly Run[]): RunCell[] {
  const cells = new Map<string, RunCell>();
  const worlds = worldsOf(runs);
  for (const run of runs) {
    const { dir, info } = run;
    for (const { id, axes } of info.cells) {
      const placed = placedAxes(axes, run, worlds);
      const cell = { id: worlds.size > 1 ? `${id},${placed.world}` : id, axes: placed };
      const known = cells.get(cell.id);
      if (known && !isDeepStrictEqual(known.axes, cell.axes)) {
        throw new ReadRunError(`${dir}: cell ${cell.id} has other axes than in ${runs[0]!.dir}: report them apart`);
      }
      cells.set(cell.id, cell);
    }
  }
  return [...cells.values()];
}

function mergeNats(runs: readonly Run[]): Map<string, NatLegend> {
  const nats = new Map<string, NatLegend>();
  for (const { dir, info } of runs) {
    for (const [name, legend] of Object.entries(info.nats)) {
      const known = nats.get(name);
      if (known && !isDeepStrictEqual(known.behaviour, legend.behaviour)) {
        throw new ReadRunError(`${dir}: NAT ${name} behaves otherwise than in ${runs[0]!.dir}: report them apart`);
      }
      nats.set(name, legend);
    }
  }
  return nats;
}

function differences(runs: readonly Run[]): string[] {
  const warnings: string[] = [];
  const each = (what: string, values: readonly string[]) => {
    const list = distinct(values);
    if (list.length > 1) warnings.push(`Runs with different ${what} are merged: ${list.join('; ')}.`);
  };
  each(
    'names',
    runs.map(({ info }) => info.name),
  );
  each(
    'seeds',
    runs.map(({ info }) => `${info.seed}`),
  );
  each(
    'plugins',
    runs.map(({ info }) => info.plugins.join(', ')),
  );
  each(
    'versions',
    runs.map(({ info }) =>
      Object.entries(info.versions)
        .map((entry) => entry.join(' '))
        .join(', '),
    ),
  );
  if (distinct(runs.map(({ info }) => info.scenario)).length > 1)
    warnings.push('The scenario files of the runs differ.');
  for (const { dir, info } of runs) {
    if (info.interrupted) warnings.push(`${dir} was interrupted: it holds ${info.totals.trials} results.`);
  }
  return warnings;
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
