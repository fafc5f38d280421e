import type { Random } from '../ports/index.ts';

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Exponential back-off with full jitter: after a broker's restart its clients come back spread out. */
export class Backoff {
  readonly #random: Random;
  #failures = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** How long to wait before the next try, in milliseconds. */
  nextMs(): number {
    const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    if (ceiling < LONGEST_MS) this.#failures++;
    return this.#random.below(ceiling + 1);
  }

  reset(): void {
    this.#failures = 0;
  }
}
