import type { Clock, Timer } from '../../core/ports/index.ts';
import type { Scheduler } from '../world/scheduler.ts';

/** Virtual time as one host sees it. */
export class SimClock implements Clock {
  readonly #scheduler: Scheduler;
  readonly #originMs: number;

  /** @param originMs what the host believes the date was when the world began, Unix time in milliseconds */
  constructor(scheduler: Scheduler, originMs: number) {
    this.#scheduler = scheduler;
    this.#originMs = originMs;
  }

  now(): number {
    return this.#scheduler.now;
  }

  wallMs(): number {
    return this.#originMs + Math.floor(this.#scheduler.now / 1000);
  }

  after(delayMs: number, task: () => void): Timer {
    return this.#scheduler.timer(delayMs > 0 ? Math.round(delayMs * 1000) : 0, task);
  }
}
