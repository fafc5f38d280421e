import { join } from 'node:path';
import type { Aggregate, Axis } from './aggregate-types.ts';
import { axesKey } from './axes.ts';
import { CellBuilder, type DetailLimits } from './cell-builder.ts';
import { Counter } from './counter.ts';
import { type MergedRuns, mergeRuns, placedAxes, worldsOf } from './merge-runs.ts';
import { PluginBuilder } from './plugin-builder.ts';
import { PopulationBuilder } from './population/population-builder.ts';
import { openRun, ReadRunError, type Run } from './read-run.ts';
import type { TrialResult } from './schema.ts';
import { endingOf, TallyBuilder } from './tally.ts';

/**
 * Sums up one run, or several of one scenario, without ever holding all results.
 *
 * @param dirs what `lab run -o` wrote
 * @throws ReadRunError if a directory is no run, a line is bad, or the runs cannot be compared
 */
export async function aggregateRuns(dirs: readonly string[]): Promise<Aggregate> {
  const runs = await Promise.all(dirs.map(openRun));
  const aggregator = new Aggregator(runs);
  for (const [index, run] of runs.entries()) {
    for await (const line of run.trials()) {
      if (line.kind === 'torn') aggregator.torn(index, line.line);
      else aggregator.add(index, line.line, line.trial);
    }
  }
  return aggregator.finish();
}

/** Rows of details in a report; each is some hundred bytes. */
const DETAILS = { connected: 1_000, failed: 6_000 };

class Aggregator {
  readonly #runs: readonly Run[];
  readonly #merged: MergedRuns;
  readonly #worlds: ReturnType<typeof worldsOf>;
  readonly #cells = new Map<string, CellBuilder>();
  readonly #plugins = new Map<string, PluginBuilder>();
  readonly #total = new TallyBuilder();
  readonly #population: PopulationBuilder | undefined;
  readonly #drops = new Counter();
  readonly #lines: number[];
  readonly #warnings: string[];
  /** With several runs: what was counted, to count it once. */
  readonly #seen = new Set<string>();
  #repeated = 0;

  constructor(runs: readonly Run[]) {
    this.#runs = runs;
    this.#merged = mergeRuns(runs);
    this.#worlds = worldsOf(runs);
    this.#lines = runs.map(() => 0);
    this.#warnings = [...this.#merged.warnings];
    const limits = detailLimits(this.#merged);
    for (const cell of this.#merged.cells) {
      this.#cells.set(axesKey(cell.axes), new CellBuilder(cell, this.#merged.plugins, limits, this.#total));
    }
    for (const plugin of this.#merged.plugins) this.#plugins.set(plugin, new PluginBuilder(plugin));
    const { population, plugins, mode } = this.#merged;
    this.#population = population && new PopulationBuilder(population, axes(this.#merged), plugins, mode);
  }

  add(run: number, line: number, trial: TrialResult): void {
    const cell = this.#known(run, line, trial);
    if (this.#counted(run, trial)) {
      this.#repeated++;
      return;
    }
    this.#lines[run]!++;
    const { dir, info } = this.#runs[run]!;
    const ending = endingOf(trial, info.plugins);
    cell.add(dir, trial, ending);
    this.#population?.add(dir, trial, ending.ran);
    this.#plugins.get(trial.only ?? trial.plugin ?? '')?.ended(ending);
    for (const attempt of trial.attempts) this.#plugins.get(attempt.plugin)!.attempted(attempt);
    for (const [reason, count] of Object.entries(trial.drops)) this.#drops.add(reason, count);
  }

  torn(run: number, line: number): void {
    this.#warnings.push(`The last line of ${this.#runs[run]!.dir} (line ${line}) broke off and is not counted.`);
  }

  finish(): Aggregate {
    if (this.#repeated > 0) {
      this.#warnings.push(`${this.#repeated} results are in more than one of the runs and are counted once.`);
    }
    const cells = [...this.#cells.values()].map((cell) => cell.finish());
    const { name, mode, plugins, nats } = this.#merged;
    return {
      name,
      mode,
      runs: this.#runs.map(({ dir, info }, index) => ({
        dir,
        name: info.name,
        seed: info.seed,
        trialsPerCell: info.trials,
        lines: this.#lines[index]!,
        interrupted: info.interrupted,
        versions: new Map(Object.entries(info.versions)),
      })),
      axes: axes(this.#merged),
      plugins,
      cells,
      totals: this.#total.finish(),
      byPlugin: [...this.#plugins.values()].map((plugin) => plugin.finish()),
      drops: this.#drops.sorted(),
      nats,
      population: this.#population?.finish(cells) ?? null,
      expectations: this.#runs.flatMap(({ info }) => info.expectations),
      warnings: this.#warnings,
    };
  }

  /** @throws ReadRunError if the line speaks of what the run does not have */
  #known(run: number, line: number, trial: TrialResult): CellBuilder {
    const place = `${join(this.#runs[run]!.dir, 'results.jsonl')}:${line}`;
    const cell = this.#cells.get(axesKey(placedAxes(trial.cell, this.#runs[run]!, this.#worlds)));
    if (!cell) throw new ReadRunError(`${place}: cell ${JSON.stringify(trial.cell)} is not in run.json`);
    const named = [trial.only, trial.plugin, ...trial.attempts.map(({ plugin }) => plugin)];
    const stranger = named.find((plugin) => plugin !== null && !this.#plugins.has(plugin));
    if (stranger) throw new ReadRunError(`${place}: plugin ${JSON.stringify(stranger)} is not in run.json`);
    if ((trial.only === null) !== (this.#merged.mode === 'race') || trial.mode !== this.#merged.mode) {
      throw new ReadRunError(`${place}: is not of mode ${this.#merged.mode}`);
    }
    return cell;
  }

  #counted(run: number, trial: TrialResult): boolean {
    if (this.#runs.length === 1) return false;
    // A trial's seed derives from the run's seed, the cell and the trial's number.
    const { name, world } = this.#runs[run]!.info;
    const key = JSON.stringify([name, world, trial.seed, trial.only]);
    if (this.#seen.has(key)) return true;
    this.#seen.add(key);
    return false;
  }
}

function detailLimits({ cells, plugins, mode }: MergedRuns): DetailLimits {
  const slots = cells.length * (mode === 'each' ? plugins.length : 1);
  const share = (rows: number, least: number, most: number) =>
    Math.max(least, Math.min(most, Math.floor(rows / Math.max(1, slots))));
  return { connected: share(DETAILS.connected, 1, 10), failed: share(DETAILS.failed, 2, 500) };
}

function axes({ cells }: MergedRuns): Axis[] {
  const values = new Map<string, Set<string>>();
  for (const cell of cells) {
    for (const [name, value] of Object.entries(cell.axes)) {
      values.set(name, (values.get(name) ?? new Set()).add(value));
    }
  }
  return [...values].map(([name, set]) => ({ name, values: [...set] }));
}
