/** How an {@link ExpiryIndex} reads its items. */
export interface ExpiryColumns<T> {
  /** Microseconds. The item is over as soon as the clock shows this. */
  deadlineOf(item: T): number;
  /** The index keeps here where the item is in its heap. */
  slotOf(item: T): number;
  setSlot(item: T, slot: number): void;
}

/**
 * Says what has expired, earliest first. A binary heap with one entry for each item, in which an entry may lag behind a
 * deadline that was moved later: refreshing an item is a plain write to its deadline, and the entry is corrected once,
 * when its old time comes. That is O(log n) for each lifetime, not for each packet.
 */
export class ExpiryIndex<T> {
  readonly #columns: ExpiryColumns<T>;
  readonly #items: T[] = [];
  readonly #times: number[] = [];

  constructor(columns: ExpiryColumns<T>) {
    this.#columns = columns;
  }

  add(item: T): void {
    this.#items.push(item);
    this.#times.push(this.#columns.deadlineOf(item));
    this.#rise(this.#items.length - 1);
  }

  /** To be called when a deadline was moved to an earlier time. */
  hasten(item: T): void {
    const slot = this.#columns.slotOf(item);
    this.#times[slot] = Math.min(this.#times[slot], this.#columns.deadlineOf(item));
    this.#rise(slot);
  }

  remove(item: T): void {
    const slot = this.#columns.slotOf(item);
    const lastItem = this.#items.pop() as T;
    const lastTime = this.#times.pop() as number;
    if (slot === this.#items.length) return;
    this.#put(slot, lastItem, lastTime);
    this.#rise(slot);
    this.#sink(this.#columns.slotOf(lastItem));
  }

  /** Removes and returns the item with the earliest deadline if that is not after `now`. */
  takeDue(now: number): T | undefined {
    while (this.#times.length > 0 && this.#times[0] <= now) {
      const item = this.#items[0];
      const deadline = this.#columns.deadlineOf(item);
      if (deadline === this.#times[0]) {
        this.remove(item);
        return item;
      }
      this.#times[0] = deadline;
      this.#sink(0);
    }
    return undefined;
  }

  #rise(from: number): void {
    const item = this.#items[from];
    const time = this.#times[from];
    let slot = from;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      if (this.#times[parent] <= time) break;
      this.#put(slot, this.#items[parent], this.#times[parent]);
      slot = parent;
    }
    this.#put(slot, item, time);
  }

  #sink(from: number): void {
    const item = this.#items[from];
    const time = this.#times[from];
    const size = this.#times.length;
    let slot = from;
    for (;;) {
      let child = 2 * slot + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#times[child + 1] < this.#times[child]) child++;
      if (time <= this.#times[child]) break;
      this.#put(slot, this.#items[child], this.#times[child]);
      slot = child;
    }
    this.#put(slot, item, time);
  }

  #put(slot: number, item: T, time: number): void {
    this.#items[slot] = item;
    this.#times[slot] = time;
    this.#columns.setSlot(item, slot);
  }
}
