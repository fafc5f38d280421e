import { randomFillSync } from 'node:crypto';
import type { Random } from '../ports/index.ts';

const WORDS = 1024;
const RANGE = 2 ** 32;

/** The system's generator, drawn in blocks. */
export class RealRandom implements Random {
  readonly #words = new Uint32Array(WORDS);
  #next = WORDS;

  uint32(): number {
    if (this.#next === WORDS) {
      randomFillSync(this.#words);
      this.#next = 0;
    }
    return this.#words[this.#next++]!;
  }

  /** @throws RangeError if `limit` is no integer from 1 to 2^32 */
  below(limit: number): number {
    if (!Number.isInteger(limit) || limit < 1 || limit > RANGE) throw new RangeError(`no range: ${limit}`);
    // Rejection keeps every value equally likely; at worst every second draw is thrown away.
    const unbiased = RANGE - (RANGE % limit);
    for (;;) {
      const draw = this.uint32();
      if (draw < unbiased) return draw % limit;
    }
  }

  bytes(length: number): Uint8Array {
    return randomFillSync(new Uint8Array(length));
  }

  /** Draws of a strong generator are independent as they are, so every label is the same stream. */
  fork(_label: string): Random {
    return this;
  }
}
