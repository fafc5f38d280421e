import { CrashGuard } from './crash-guard.ts';
import { setCurrent, type VirtualGlobals } from './current.ts';
import type { Driven } from './drain.ts';
import type { Scheduler } from './scheduler.ts';

export interface RunLimits {
  /** Virtual microseconds. @default one hour */
  readonly limitUs?: number;
  /** @default 50 million */
  readonly maxEvents?: number;
}

/**
 * How a run ended. `done`: main returned. `deadline`: its virtual time was over. `limit`: it had its number of events.
 * `stalled`: nothing was left to happen and main had not returned. `crashed`: something threw, or a promise was
 * rejected and nobody cared.
 */
export type Outcome<T> =
  | { readonly outcome: 'done'; readonly value: T }
  | { readonly outcome: 'deadline' | 'limit' | 'stalled' }
  | { readonly outcome: 'crashed'; readonly error: unknown };

/** A world's one run, event by event. */
export class Run<T> implements Driven {
  result: Outcome<T> | undefined;
  readonly #scheduler: Scheduler;
  readonly #globals: VirtualGlobals;
  readonly #main: () => Promise<T>;
  readonly #limitUs: number;
  readonly #maxEvents: number;
  readonly #guard = new CrashGuard((error) => this.crash(error));
  #started = false;
  #outside: VirtualGlobals | undefined;

  constructor(scheduler: Scheduler, globals: VirtualGlobals, main: () => Promise<T>, limits: RunLimits) {
    this.#scheduler = scheduler;
    this.#globals = globals;
    this.#main = main;
    this.#limitUs = limits.limitUs ?? 3_600_000_000;
    this.#maxEvents = limits.maxEvents ?? 50_000_000;
  }

  enter(): void {
    this.#guard.enter();
    this.#outside = setCurrent(this.#globals);
  }

  leave(): void {
    setCurrent(this.#outside);
    this.#guard.leave();
  }

  step(): boolean {
    if (this.result) return false;
    if (!this.#started) this.#start();
    else if (this.#scheduler.pending === 0) this.result = { outcome: 'stalled' };
    else if (this.#scheduler.nextTime > this.#limitUs) this.result = { outcome: 'deadline' };
    else if (this.#scheduler.executed >= this.#maxEvents) this.result = { outcome: 'limit' };
    else this.#scheduler.step();
    return true;
  }

  crash(error: unknown): void {
    // An error that came with the end must be seen; of several the first.
    if (this.result?.outcome !== 'crashed') this.result = { outcome: 'crashed', error };
  }

  #start(): void {
    this.#started = true;
    this.#main().then(
      (value) => {
        this.result ??= { outcome: 'done', value };
      },
      (error: unknown) => this.crash(error),
    );
  }
}
