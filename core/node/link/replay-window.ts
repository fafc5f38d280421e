const BITS = 32;
/** Sequence numbers that are remembered: as many frames may overtake one another. A power of two. */
const SIZE = 2048;

/** Tells a frame that came before from one that did not (RFC 4303 section 3.4.3; a ring of words as in RFC 6479). */
export class ReplayWindow {
  readonly #words = new Uint32Array(SIZE / BITS + 1);
  #highest = -1;

  /** -1 if there was none. */
  get highest(): number {
    return this.#highest;
  }

  /** False: the number was there before, or is too old to tell. Call it for frames that are authentic, only. */
  admit(sequence: number): boolean {
    if (sequence > this.#highest) this.#advance(sequence);
    else if (this.#highest - sequence >= SIZE) return false;
    const index = Math.floor(sequence / BITS) % this.#words.length;
    const bit = 1 << (sequence % BITS);
    const seen = (this.#words[index]! & bit) !== 0;
    this.#words[index]! |= bit;
    return !seen;
  }

  #advance(sequence: number): void {
    const from = Math.floor(this.#highest / BITS);
    const words = Math.min(Math.floor(sequence / BITS) - from, this.#words.length);
    for (let step = 1; step <= words; step++) this.#words[(from + step) % this.#words.length] = 0;
    this.#highest = sequence;
  }
}
