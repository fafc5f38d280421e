/** Something that ends at a deadline unless that is moved. */
export interface Expiring {
  /** Microseconds. It is over as soon as the clock shows this. */
  deadline: number;
  /** Owned by the index: the place in its heap, -1 outside it. */
  expirySlot: number;
}

/**
 * Says what has expired, earliest first. A binary heap with one entry for each item, in which an entry may lag behind a
 * deadline that was moved later: refreshing an item is a plain write to `deadline`, and the entry is corrected once when
 * its old time comes. That is O(log n) for each lifetime, not for each packet.
 */
export class ExpiryIndex<T extends Expiring> {
  readonly #items: T[] = [];
  readonly #times: number[] = [];

  add(item: T): void {
    item.expirySlot = this.#items.length;
    this.#items.push(item);
    this.#times.push(item.deadline);
    this.#rise(item.expirySlot);
  }

  /** To be called when a deadline was moved to an earlier time. */
  hasten(item: T): void {
    if (item.deadline >= this.#times[item.expirySlot]!) return;
    this.#times[item.expirySlot] = item.deadline;
    this.#rise(item.expirySlot);
  }

  remove(item: T): void {
    const slot = item.expirySlot;
    item.expirySlot = -1;
    const lastItem = this.#items.pop()!;
    const lastTime = this.#times.pop()!;
    if (lastItem === item) return;
    this.#put(slot, lastItem, lastTime);
    this.#rise(slot);
    this.#sink(lastItem.expirySlot);
  }

  /** Removes and returns the item with the earliest deadline if that is not after `now`. */
  takeDue(now: number): T | undefined {
    while (this.#times.length > 0 && this.#times[0]! <= now) {
      const item = this.#items[0]!;
      if (item.deadline === this.#times[0]) {
        this.remove(item);
        return item;
      }
      this.#times[0] = item.deadline;
      this.#sink(0);
    }
    return undefined;
  }

  #rise(from: number): void {
    const item = this.#items[from]!;
    const time = this.#times[from]!;
    let slot = from;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      if (this.#times[parent]! <= time) break;
      this.#put(slot, this.#items[parent]!, this.#times[parent]!);
      slot = parent;
    }
    this.#put(slot, item, time);
  }

  #sink(from: number): void {
    const item = this.#items[from]!;
    const time = this.#times[from]!;
    const size = this.#times.length;
    let slot = from;
    for (;;) {
      let child = 2 * slot + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#times[child + 1]! < this.#times[child]!) child++;
      if (time <= this.#times[child]!) break;
      this.#put(slot, this.#items[child]!, this.#times[child]!);
      slot = child;
    }
    this.#put(slot, item, time);
  }

  #put(slot: number, item: T, time: number): void {
    this.#items[slot] = item;
    this.#times[slot] = time;
    item.expirySlot = slot;
  }
}
