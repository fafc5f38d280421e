import type { Clock, Timer } from '../ports/index.ts';

/** setTimeout takes a signed 32-bit delay and fires at once beyond it. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's own time. */
export class RealClock implements Clock {
  now(): number {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1_000_000 + Math.floor(nanoseconds / 1000);
  }

  wallMs(): number {
    return Date.now();
  }

  after(delayMs: number, task: () => void): Timer {
    return new RealTimer(Math.max(0, delayMs), task);
  }
}

class RealTimer implements Timer {
  #handle: NodeJS.Timeout;

  constructor(delayMs: number, task: () => void) {
    this.#handle = this.#arm(delayMs, task);
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }

  #arm(delayMs: number, task: () => void): NodeJS.Timeout {
    if (delayMs >= LONGEST_TIMEOUT_MS) {
      const rest = () => (this.#handle = this.#arm(delayMs - LONGEST_TIMEOUT_MS, task));
      return setTimeout(rest, LONGEST_TIMEOUT_MS);
    }
    // The event loop counts whole milliseconds from a rounded down start: one more is never early by now().
    return setTimeout(task, Math.ceil(delayMs) + 1);
  }
}
