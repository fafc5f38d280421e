const INITIAL_CAPACITY = 32;

type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/**
 * Records as rows of typed columns, in which a record is the number of its row. 100,000 records of this kind stay in
 * the processor's caches, which as many objects do not: a packet then costs half.
 */
export abstract class Rows {
  #capacity = INITIAL_CAPACITY;
  #used = 0;
  // Freed rows, to be used again.
  readonly #free: number[] = [];

  /** A row of unknown content. */
  protected allocate(): number {
    const row = this.#free.pop();
    if (row !== undefined) return row;
    if (this.#used === this.#capacity) {
      this.#capacity *= 2;
      this.resize(this.#capacity);
    }
    return this.#used++;
  }

  protected release(row: number): void {
    this.#free.push(row);
  }

  /** Gives every column `capacity` rows. */
  protected abstract resize(capacity: number): void;
}

/** A column with room for the first rows. */
export function column<C extends Column>(Type: new (length: number) => C): C {
  return new Type(INITIAL_CAPACITY);
}

/** The column with more room. */
export function resized<C extends Column>(old: C, capacity: number): C {
  const Type = old.constructor as new (length: number) => C;
  const larger = new Type(capacity);
  larger.set(old);
  return larger;
}
