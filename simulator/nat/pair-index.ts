const INITIAL_CAPACITY = 64;
const EMPTY = -1;

/** What {@link PairIndex.get} answers for a key that is not there. */
export const NONE = -1;

/**
 * A hash table from a pair of integers to an integer, all 0 or more: open addressing, linear probing, at most half
 * full, typed arrays. A `Map` would need the pair packed into one number, which has too few bits for two endpoints, and
 * a lookup in it takes five times as long by 64,000 entries.
 */
export class PairIndex {
  // Both halves of a key side by side: one cache line a probe.
  #keys = new Float64Array(2 * INITIAL_CAPACITY).fill(EMPTY);
  #values = new Int32Array(INITIAL_CAPACITY);
  #mask = INITIAL_CAPACITY - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(a: number, b: number): number {
    const slot = this.#slotOf(a, b);
    return this.#keys[2 * slot] === EMPTY ? NONE : this.#values[slot];
  }

  set(a: number, b: number, value: number): void {
    if (2 * (this.#size + 1) > this.#values.length) this.#grow();
    const slot = this.#slotOf(a, b);
    if (this.#keys[2 * slot] === EMPTY) this.#size++;
    this.#keys[2 * slot] = a;
    this.#keys[2 * slot + 1] = b;
    this.#values[slot] = value;
  }

  delete(a: number, b: number): void {
    const keys = this.#keys;
    const values = this.#values;
    const mask = this.#mask;
    let hole = this.#slotOf(a, b);
    if (keys[2 * hole] === EMPTY) return;
    // Close the gap: an entry moves up unless the hole lies before its home.
    for (let slot = (hole + 1) & mask; keys[2 * slot] !== EMPTY; slot = (slot + 1) & mask) {
      const home = hash(keys[2 * slot], keys[2 * slot + 1]) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      keys[2 * hole] = keys[2 * slot];
      keys[2 * hole + 1] = keys[2 * slot + 1];
      values[hole] = values[slot];
      hole = slot;
    }
    keys[2 * hole] = EMPTY;
    this.#size--;
  }

  /** In no particular, but reproducible, order. */
  *values(): Generator<number> {
    for (let slot = 0; slot <= this.#mask; slot++) {
      if (this.#keys[2 * slot] !== EMPTY) yield this.#values[slot];
    }
  }

  /** The slot that holds the key, or the empty one where it would go. */
  #slotOf(a: number, b: number): number {
    const keys = this.#keys;
    const mask = this.#mask;
    let slot = hash(a, b) & mask;
    while (keys[2 * slot] !== EMPTY && (keys[2 * slot] !== a || keys[2 * slot + 1] !== b)) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    const capacity = 2 * values.length;
    this.#keys = new Float64Array(2 * capacity).fill(EMPTY);
    this.#values = new Int32Array(capacity);
    this.#mask = capacity - 1;
    for (let old = 0; old < values.length; old++) {
      if (keys[2 * old] === EMPTY) continue;
      const slot = this.#slotOf(keys[2 * old], keys[2 * old + 1]);
      this.#keys[2 * slot] = keys[2 * old];
      this.#keys[2 * slot + 1] = keys[2 * old + 1];
      this.#values[slot] = values[old];
    }
  }
}

/** Mixes the low 32 bits of both: all of an endpoint key while there are fewer than 65,536 addresses. */
function hash(a: number, b: number): number {
  let h = Math.imul(a | 0, 0x9e3779b1) ^ Math.imul((b | 0) + 0x7f4a7c15, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
