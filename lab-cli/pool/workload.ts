import { trialSeed } from '../scenario/trial-seed.ts';
import type { ResolvedScenario } from '../scenario/types.ts';
import type { TrialSpec } from '../trial/trial-spec.ts';

/** One of `count` equal parts of a run, 1 to `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

export const WHOLE: Shard = { index: 1, count: 1 };

/**
 * The work of a run in its order: cell, then trial, then plugin. One unit of work is one line of the results. Nothing
 * is listed; any unit is found by its number. A shard has every `count`-th trial, so that it meets every cell.
 */
export class Workload {
  readonly size: number;
  /** Lines for each trial. */
  readonly #onlys: readonly (string | null)[];
  readonly #scenario: ResolvedScenario;
  readonly #shard: Shard;

  constructor(scenario: ResolvedScenario, shard: Shard = WHOLE) {
    this.#scenario = scenario;
    this.#shard = shard;
    this.#onlys = scenario.mode === 'each' ? scenario.plugins.map(({ name }) => name) : [null];
    const trials = scenario.cells.length * scenario.trials;
    this.size = Math.ceil((trials - shard.index + 1) / shard.count) * this.#onlys.length;
  }

  /** @param index 0 to {@link size} - 1 */
  at(index: number): TrialSpec {
    const scenario = this.#scenario;
    const lines = this.#onlys.length;
    const ordinal = Math.floor(index / lines) * this.#shard.count + this.#shard.index - 1;
    const cell = scenario.cells[Math.floor(ordinal / scenario.trials)]!;
    const trial = ordinal % scenario.trials;
    return { scenario, cell, trial, only: this.#onlys[index % lines]!, seed: trialSeed(scenario.seed, cell.id, trial) };
  }
}
