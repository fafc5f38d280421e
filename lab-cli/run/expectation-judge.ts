import type { RunExpectation } from '../../reports/schema.ts';
import { holds } from '../scenario/comparison.ts';
import type { Cell, Expectation, ResolvedScenario } from '../scenario/types.ts';
import type { TrialSpec } from '../trial/trial-spec.ts';
import type { FinishedTrial } from './finished-trial.ts';

interface Count {
  connected: number;
  trials: number;
}

const MOST_CELLS = 3;

/**
 * Counts, as results come in, what the scenario's expectations speak of. In mode `each` a trial has connected if any
 * plugin alone has connected it, or the one that the expectation names. Trials that the world can't express don't count.
 */
export class ExpectationJudge {
  readonly #tallies: readonly ExpectationTally[];

  constructor(scenario: ResolvedScenario) {
    this.#tallies = scenario.expectations.map((expectation) => new ExpectationTally(expectation));
  }

  /** Results in order: all lines of a trial follow one another. */
  add(spec: TrialSpec, finished: FinishedTrial): void {
    for (const tally of this.#tallies) tally.add(spec, finished);
  }

  /** Without those that no result speaks to. */
  verdicts(): RunExpectation[] {
    return this.#tallies.flatMap((tally) => tally.verdict() ?? []);
  }
}

class ExpectationTally {
  readonly #expectation: Expectation;
  readonly #cells = new Map<string, Count>();
  /** Of the trial whose lines are coming in. */
  #trial: { readonly cell: string; readonly trial: number; connected: boolean } | undefined;

  constructor(expectation: Expectation) {
    this.#expectation = expectation;
  }

  add({ cell, trial, only }: TrialSpec, finished: FinishedTrial): void {
    const { plugin, path } = this.#expectation;
    if (finished.outcome === 'unsupported' || !selects(this.#expectation, cell)) return;
    if (only !== null && plugin !== undefined && only !== plugin) return;
    if (this.#trial?.cell !== cell.id || this.#trial.trial !== trial) {
      this.#trial = { cell: cell.id, trial, connected: false };
      this.#count(cell.id).trials++;
    }
    const asExpected = (path ?? finished.path) === finished.path && (plugin ?? finished.plugin) === finished.plugin;
    if (finished.outcome !== 'connected' || !asExpected || this.#trial.connected) return;
    this.#trial.connected = true;
    this.#count(cell.id).connected++;
  }

  verdict(): RunExpectation | undefined {
    if (this.#cells.size === 0) return undefined;
    const { text, connected } = this.#expectation;
    const failing = [...this.#cells].filter(([, count]) => !holds(connected, count.connected, count.trials));
    const cells = this.#cells.size === 1 ? 'the one cell' : `all ${this.#cells.size} cells`;
    if (failing.length === 0) return { text, met: true, found: `holds in ${cells}` };
    const named = failing.slice(0, MOST_CELLS).map(([id, count]) => `${id} (${count.connected} of ${count.trials})`);
    const more = failing.length > MOST_CELLS ? `, … ${failing.length - MOST_CELLS} more` : '';
    const found = `fails in ${failing.length} of ${this.#cells.size} cells: ${named.join(', ')}${more}`;
    return { text, met: false, found };
  }

  #count(cell: string): Count {
    let count = this.#cells.get(cell);
    if (!count) this.#cells.set(cell, (count = { connected: 0, trials: 0 }));
    return count;
  }
}

function selects({ where }: Expectation, cell: Cell): boolean {
  return Object.entries(where).every(([axis, values]) => values.includes(cell.axes[axis as keyof Cell['axes']]));
}
