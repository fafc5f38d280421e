import type { Random } from '../../core/ports/index.ts';

/**
 * A seeded random stream: sfc32 (Chris Doty-Humphrey, PractRand), integers only, so that every engine yields the same
 * numbers. The seed is four 32-bit words.
 */
export class SeededRandom implements Random {
  readonly #seed: Seed;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: Seed) {
    this.#seed = seed;
    [this.#a, this.#b, this.#c] = seed;
    for (let round = 0; round < 12; round++) this.uint32();
  }

  static fromText(text: string): SeededRandom {
    return new SeededRandom(mix([0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x5be0cd19], text));
  }

  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum >>> 0;
  }

  below(limit: number): number {
    // Rejection keeps every value equally likely; at worst every second draw is thrown away.
    const unbiased = 0x1_0000_0000 - (0x1_0000_0000 % limit);
    for (;;) {
      const draw = this.uint32();
      if (draw < unbiased) return draw % limit;
    }
  }

  bytes(length: number): Uint8Array {
    const bytes = Buffer.allocUnsafe(length);
    for (let index = 0; index < length; index += 4) {
      const word = this.uint32();
      for (let byte = 0; byte < 4 && index + byte < length; byte++) bytes[index + byte] = word >>> (8 * byte);
    }
    return bytes;
  }

  fork(label: string): SeededRandom {
    return new SeededRandom(mix(this.#seed, label));
  }
}

export type Seed = readonly [number, number, number, number];

/** Folds a label into a seed: four lanes of multiply and rotate over its UTF-16 units (after cyrb128, bryc). */
function mix(seed: Seed, label: string): Seed {
  let [a, b, c, d] = seed;
  for (let index = 0; index < label.length; index++) {
    const unit = label.charCodeAt(index);
    a = b ^ Math.imul(a ^ unit, 597399067);
    b = c ^ Math.imul(b ^ unit, 2869860233);
    c = d ^ Math.imul(c ^ unit, 951274213);
    d = a ^ Math.imul(d ^ unit, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  const all = a ^ b ^ c ^ d;
  return [all >>> 0, (b ^ all) >>> 0, (c ^ all) >>> 0, (d ^ all) >>> 0];
}
