import type { Axis, CellSummary } from '../aggregate-types.ts';
import { axesKey, groupTitle } from '../axes.ts';
import { isJudged } from '../oracle.ts';
import type { Mode, TrialResult } from '../schema.ts';
import { accountFor, type Compared, compareGroups } from './account.ts';
import { type Pair, PairTable } from './pair-table.ts';
import type { MarginalShares, PopulationGroup, PopulationSummary, Theory } from './population-types.ts';
import type { PublishedFigure, RunPopulation } from './run-population.ts';

/** What a set of plugins did in one cell. */
interface Count {
  trials: number;
  connected: number;
}

interface CellCounts {
  readonly bySet: ReadonlyMap<string, Count>;
  /** By plugin: the trials in which every plugin ran, and those that it alone connected, or alone directly. */
  readonly alone: ReadonlyMap<string, Record<keyof MarginalShares, Count>>;
  lostPackets: number;
}

/** Of the trial whose lines are coming in. */
interface CurrentTrial {
  readonly key: string;
  readonly counts: CellCounts;
  readonly ran: Set<string>;
  readonly connected: Set<string>;
  /** Of those, by a path without a relay. */
  readonly direct: Set<string>;
}

/**
 * Weighs what the cells of a run came to by how frequent their pairs are. A trial counts for a set of plugins if one of
 * them took part, and as connected if one of them connected it: in mode `each` alone, in mode `race` first.
 */
export class PopulationBuilder {
  readonly #population: RunPopulation;
  readonly #axes: readonly Axis[];
  readonly #plugins: readonly string[];
  readonly #mode: Mode;
  readonly #sets: ReadonlyMap<string, ReadonlySet<string>>;
  readonly #cells = new Map<string, CellCounts>();
  #current: CurrentTrial | undefined;

  /** @param plugins all of the run */
  constructor(population: RunPopulation, axes: readonly Axis[], plugins: readonly string[], mode: Mode) {
    this.#mode = mode;
    this.#population = population;
    this.#axes = axes;
    this.#plugins = plugins;
    const sets = [plugins, ...plugins.map((plugin) => [plugin]), ...population.published.map((one) => one.plugins)];
    this.#sets = new Map(sets.map((set) => [setKey(set), new Set(set)]));
  }

  /**
   * All lines of a trial must follow one another.
   *
   * @param ran the plugins that had a chance to connect it
   */
  add(dir: string, trial: TrialResult, ran: readonly string[]): void {
    const cell = axesKey(trial.cell);
    const key = `${cell} ${trial.trial} ${dir}`;
    if (this.#current?.key !== key) {
      this.#flush();
      this.#current = { key, counts: this.#countsOf(cell), ran: new Set(), connected: new Set(), direct: new Set() };
    }
    const { counts, ran: all, connected, direct } = this.#current!;
    for (const [reason, count] of Object.entries(trial.drops)) if (LOST.has(reason)) counts.lostPackets += count;
    if (trial.outcome === 'unsupported') return;
    for (const plugin of ran) all.add(plugin);
    if (trial.outcome !== 'connected' || trial.plugin === null) return;
    connected.add(trial.plugin);
    if (trial.path !== 'relayed') direct.add(trial.plugin);
  }

  finish(cells: readonly CellSummary[]): PopulationSummary {
    this.#flush();
    const titles = new Map<string, CellSummary[]>();
    for (const cell of cells) {
      const title = groupTitle(this.#axes, (name) => cell.axes.get(name));
      titles.set(title, [...(titles.get(title) ?? []), cell]);
    }
    const groups = [...titles].map(([title, members]) => this.#group(title, members));
    return { population: this.#population, groups: compareGroups(groups) };
  }

  #group(title: string, cells: readonly CellSummary[]): PopulationGroup {
    const { classes, published } = this.#population;
    const byPair = new Map(cells.map((cell) => [place(cell.axes.get('a'), cell.axes.get('b')), cell]));
    const table = (set: readonly string[]) =>
      new PairTable(classes, (a, b): Pair => {
        const cell = byPair.get(place(a, b));
        const counts = cell && this.#cells.get(axesKey(Object.fromEntries(cell.axes)));
        return { ...(counts?.bySet.get(setKey(set)) ?? NOTHING), theory: theoryOf(cell, set) };
      });
    const alone = (plugin: string, what: keyof MarginalShares) =>
      new PairTable(classes, (a, b): Pair => {
        const cell = byPair.get(place(a, b));
        const counts = cell && this.#cells.get(axesKey(Object.fromEntries(cell.axes)));
        return { ...(counts?.alone.get(plugin)?.[what] ?? NOTHING), theory: theoryOf(cell, [plugin]) };
      }).shares().all;
    const marginal = (plugin: string) =>
      this.#mode === 'each' ? { connected: alone(plugin, 'connected'), direct: alone(plugin, 'direct') } : null;
    const any = table(this.#plugins);
    const lostPackets = cells.reduce((sum, { axes }) => sum + this.#lost(Object.fromEntries(axes)), 0);
    const comparisons = published.map((figure) => compare(figure, table(figure.plugins)));
    const facts = { any, lostPackets, comparisons };
    return {
      title,
      any: any.shares(),
      byPlugin: this.#plugins.map((plugin) => ({
        plugin,
        ...table([plugin]).shares(),
        marginal: marginal(plugin),
      })),
      comparisons: comparisons.map((compared) => {
        const { table: _, ...comparison } = compared;
        return { ...comparison, account: accountFor(compared, facts) };
      }),
    };
  }

  #flush(): void {
    if (!this.#current) return;
    const { counts, ran, connected, direct } = this.#current;
    this.#current = undefined;
    for (const [key, set] of this.#sets) {
      if (!meet(set, ran)) continue;
      const count = counts.bySet.get(key)!;
      count.trials++;
      if (meet(set, connected)) count.connected++;
    }
    if (ran.size < this.#plugins.length) return;
    for (const [plugin, { connected: any, direct: straight }] of counts.alone) {
      any.trials++;
      straight.trials++;
      if (connected.size === 1 && connected.has(plugin)) any.connected++;
      if (direct.size === 1 && direct.has(plugin)) straight.connected++;
    }
  }

  #countsOf(cell: string): CellCounts {
    const known = this.#cells.get(cell);
    if (known) return known;
    const bySet = new Map([...this.#sets.keys()].map((key) => [key, { trials: 0, connected: 0 }]));
    const none = (): Count => ({ trials: 0, connected: 0 });
    const alone = new Map(this.#plugins.map((plugin) => [plugin, { connected: none(), direct: none() }]));
    const counts = { bySet, alone, lostPackets: 0 };
    this.#cells.set(cell, counts);
    return counts;
  }

  #lost(axes: Readonly<Record<string, string>>): number {
    return this.#cells.get(axesKey(axes))?.lostPackets ?? 0;
  }
}

/** Drop reasons of links that no queue or limit explains. */
const LOST: ReadonlySet<string> = new Set(['link: loss', 'link: burst loss']);
const NOTHING: Count = { trials: 0, connected: 0 };

function compare(figure: PublishedFigure, table: PairTable): Compared {
  if (figure.what === 'total') {
    const cells = table.among(figure.among);
    return { figure, theirs: figure.ppm / 1e6, ours: table.share(cells), cells, table };
  }
  const cells = table.cells(figure.cells);
  const theirs = cells.reduce((sum, cell) => sum + cell.weight * cell.theirs!, 0);
  return { figure, theirs, ours: table.share(cells), cells, table };
}

function theoryOf(cell: CellSummary | undefined, set: readonly string[]): Theory {
  if (!cell) return 'unknown';
  if (set.some((plugin) => cell.oracle.possible.includes(plugin))) return 'possible';
  return set.every(isJudged) ? 'impossible' : 'unknown';
}

function setKey(plugins: readonly string[]): string {
  return [...plugins].sort().join(' ');
}

function place(a: string | undefined, b: string | undefined): string {
  return JSON.stringify([a, b]);
}

function meet(set: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  for (const one of others) if (set.has(one)) return true;
  return false;
}
