import { worldNextTick } from './globals-ticks.ts';

const EVENTS = ['unhandledRejection', 'uncaughtException'] as const;

type Listener = (error: unknown, ...rest: unknown[]) => void;

/**
 * While a world is current, a promise that it let fail, or an exception thrown from one of its ticks and microtasks, is
 * its own crash: the process, and whoever watches the process, must not hear of it.
 */
export class CrashGuard {
  readonly #report: Listener;
  #foreign: [event: string, listeners: Listener[]][] = [];
  #foreignNextTick = process.nextTick;

  constructor(report: (error: unknown) => void) {
    this.#report = (error) => report(error);
  }

  enter(): void {
    for (const event of EVENTS) {
      this.#foreign.push([event, process.rawListeners(event) as Listener[]]);
      process.removeAllListeners(event);
      process.on(event, this.#report);
    }
    // Test runners put back what they take for the real one, at times of their own.
    this.#foreignNextTick = process.nextTick;
    process.nextTick = worldNextTick;
  }

  leave(): void {
    process.nextTick = this.#foreignNextTick;
    for (const [event, listeners] of this.#foreign) {
      process.removeListener(event, this.#report);
      for (const listener of listeners) process.on(event, listener);
    }
    this.#foreign = [];
  }
}
