const EVENTS = ['unhandledRejection', 'uncaughtException'] as const;

type Listener = (error: unknown, ...rest: unknown[]) => void;

/**
 * While a world is current, a promise that it let fail, or an exception thrown from one of its microtasks, is its own
 * crash: the process, and whoever watches the process, must not hear of it.
 */
export class RejectionGuard {
  readonly #report: Listener;
  #foreign: [event: string, listeners: Listener[]][] = [];

  constructor(report: (error: unknown) => void) {
    this.#report = (error) => report(error);
  }

  enter(): void {
    for (const event of EVENTS) {
      this.#foreign.push([event, process.rawListeners(event) as Listener[]]);
      process.removeAllListeners(event);
      process.on(event, this.#report);
    }
  }

  leave(): void {
    for (const [event, listeners] of this.#foreign) {
      process.removeListener(event, this.#report);
      for (const listener of listeners) process.on(event, listener);
    }
    this.#foreign = [];
  }
}
