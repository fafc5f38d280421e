import type { Tally, Winner } from './aggregate-types.ts';
import { isJudged } from './oracle.ts';
import type { Outcome, Path, TrialResult } from './schema.ts';
import { Sample, spread, wilson } from './statistics.ts';

/** What a tally needs to know of one trial. */
export interface Ending {
  readonly outcome: Outcome;
  readonly plugin: string | null;
  readonly path: Path | null;
  readonly connectMs: number | null;
  /** Plugins that the oracle says can connect; null: it was not asked. */
  readonly possible: readonly string[] | null;
  /** Plugins that had a chance to. */
  readonly ran: readonly string[];
}

/** @param plugins those of the run */
export function endingOf(trial: TrialResult, plugins: readonly string[]): Ending {
  const { outcome, plugin, path, connectMs } = trial;
  const ran = trial.only === null ? plugins : [trial.only];
  return { outcome, plugin, path, connectMs, possible: trial.oracle?.possible ?? null, ran };
}

/** Sums up endings one by one. */
export class TallyBuilder {
  readonly #outcomes = new Map<Outcome, number>();
  readonly #winners = new Map<string, { plugin: string; path: Path; trials: number }>();
  readonly #connectMs = new Sample();
  #missed = 0;
  #impossible = 0;
  #unexpected = 0;

  add(ending: Ending): void {
    this.#outcomes.set(ending.outcome, (this.#outcomes.get(ending.outcome) ?? 0) + 1);
    if (ending.outcome === 'connected') this.#connected(ending);
    else if (ending.outcome !== 'unsupported') this.#failed(ending);
  }

  finish(): Tally {
    const lines = [...this.#outcomes.values()].reduce((sum, trials) => sum + trials, 0);
    const unsupported = this.#outcomes.get('unsupported') ?? 0;
    const connected = this.#outcomes.get('connected') ?? 0;
    const winners = [...this.#winners.values()].sort(byTrials);
    const relayed = winners.filter(({ path }) => path === 'relayed').reduce((sum, { trials }) => sum + trials, 0);
    return {
      trials: lines - unsupported,
      unsupported,
      connected,
      relayed,
      interval: wilson(connected, lines - unsupported),
      outcomes: this.#outcomes,
      winners,
      missed: this.#missed,
      impossible: this.#impossible,
      unexpected: this.#unexpected,
      connectMs: spread(this.#connectMs),
    };
  }

  #connected({ plugin, path, connectMs, possible }: Ending): void {
    if (connectMs !== null) this.#connectMs.add(connectMs);
    if (plugin === null || path === null) return;
    if (possible && isJudged(plugin) && !possible.includes(plugin)) this.#unexpected++;
    const key = `${path} ${plugin}`;
    const winner = this.#winners.get(key);
    if (winner) winner.trials++;
    else this.#winners.set(key, { plugin, path, trials: 1 });
  }

  #failed({ outcome, possible, ran }: Ending): void {
    // A defect of the lab's own says nothing about the plugins.
    if (outcome === 'crashed' || outcome === 'stalled' || !possible) return;
    if (ran.some((plugin) => possible.includes(plugin))) this.#missed++;
    // A plugin without a rule might have connected: then nobody knows.
    else if (ran.every(isJudged)) this.#impossible++;
  }
}

function byTrials(left: Winner, right: Winner): number {
  return right.trials - left.trials || (left.plugin < right.plugin ? -1 : left.plugin > right.plugin ? 1 : 0);
}
