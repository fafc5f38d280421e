import type { PlanInput, Plugin } from '../../plugins/plugin.ts';
import type { Clock, Timer } from '../../ports/index.ts';
import type { AttemptReport } from '../attempt-report.ts';
import type { AttemptRunner } from '../attempt-runner.ts';
import type { LinkPath } from '../link/link-path.ts';

/** A plugin's try that is due. */
export interface DueAttempt {
  readonly plugin: Plugin;
  readonly afterMs: number;
  readonly round: number;
}

export interface CascadeEvents {
  proven(runner: AttemptRunner, path: LinkPath): void;
  /** The runner has a report. */
  failed(runner: AttemptRunner): void;
}

/** The attempts of one end of a session: starts each when it is due, and keeps their account. */
export class Cascade {
  readonly #clock: Clock;
  readonly #make: (plugin: Plugin, round: number) => AttemptRunner;
  readonly #events: CascadeEvents;
  readonly #runners = new Map<string, AttemptRunner>();
  readonly #waiting = new Map<AttemptRunner, Timer>();

  constructor(clock: Clock, make: (plugin: Plugin, round: number) => AttemptRunner, events: CascadeEvents) {
    this.#clock = clock;
    this.#make = make;
    this.#events = events;
  }

  /** Of each plugin the last try. */
  get reports(): AttemptReport[] {
    return [...this.#runners.values()].flatMap((runner) => runner.report ?? []);
  }

  /** Attempts that run or are due. */
  get alive(): number {
    return [...this.#runners.values()].filter((runner) => !runner.report).length;
  }

  get waiting(): readonly Plugin[] {
    return [...this.#waiting.keys()].map(({ plugin }) => plugin);
  }

  get(plugin: string): AttemptRunner | undefined {
    return this.#runners.get(plugin);
  }

  /** Starts these when they are due. A plugin that runs goes on, unless it is to try again. */
  schedule(due: readonly DueAttempt[], input: () => PlanInput): void {
    const added: [AttemptRunner, number][] = [];
    for (const { plugin, afterMs, round } of due) {
      const known = this.#runners.get(plugin.name);
      if (known && known.round >= round) {
        if (afterMs === 0 && this.#waiting.has(known)) added.push([known, 0]);
        continue;
      }
      known?.cancel('the peer tries again');
      const runner = this.#make(plugin, round);
      this.#runners.set(plugin.name, runner);
      added.push([runner, afterMs]);
    }
    // After all are known: an attempt may end at once, and what is left is counted then.
    for (const [runner, afterMs] of added) {
      this.#waiting.get(runner)?.cancel();
      if (afterMs === 0) this.#run(runner, input());
      else
        this.#waiting.set(
          runner,
          this.#clock.after(afterMs, () => this.#run(runner, input())),
        );
    }
  }

  /** Ends all attempts, or those of one kind of path. */
  cancel(reason: string, path?: 'direct' | 'relayed'): void {
    for (const runner of this.#runners.values()) {
      if (path !== undefined && runner.plugin.path !== path) continue;
      this.#waiting.get(runner)?.cancel();
      this.#waiting.delete(runner);
      runner.cancel(reason);
    }
  }

  #run(runner: AttemptRunner, input: PlanInput): void {
    this.#waiting.delete(runner);
    void runner.run(input).then((path) => {
      if (path) this.#events.proven(runner, path);
      else if (this.#runners.get(runner.plugin.name) === runner) this.#events.failed(runner);
    });
  }
}
