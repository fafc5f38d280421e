/**
 * Takes numbered values in any order and gives them on in order. It is bounded: who produces values asks
 * {@link admits} first, so that one slow value can't make the ones behind it pile up.
 */
export class ReorderWindow<T> {
  readonly #capacity: number;
  readonly #emit: (index: number, value: T) => void;
  readonly #waiting = new Map<number, T>();
  #next = 0;

  constructor(capacity: number, emit: (index: number, value: T) => void) {
    this.#capacity = capacity;
    this.#emit = emit;
  }

  /** The lowest number that has not been given on. */
  get next(): number {
    return this.#next;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** May work up to, but not including, this number be started? */
  admits(end: number): boolean {
    return end <= this.#next + this.#capacity;
  }

  put(index: number, value: T): void {
    if (index < this.#next || this.#waiting.has(index) || !this.admits(index + 1)) {
      throw new RangeError(`value ${index} does not fit into the window at ${this.#next}`);
    }
    this.#waiting.set(index, value);
    for (let ready = this.#waiting.get(this.#next); ready !== undefined; ready = this.#waiting.get(this.#next)) {
      this.#waiting.delete(this.#next);
      this.#emit(this.#next++, ready);
    }
  }

  /** Gives on what waits for values that will never come, in order. Nothing can be put afterwards. */
  flush(): void {
    const left = [...this.#waiting].sort(([a], [b]) => a - b);
    this.#waiting.clear();
    this.#next = Number.POSITIVE_INFINITY;
    for (const [index, value] of left) this.#emit(index, value);
  }
}
