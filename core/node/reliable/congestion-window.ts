/** RFC 6928. */
const INITIAL = 10;
const MIN = 2;
export const MAX_CONGESTION_WINDOW = 256;

/** How many segments may be under way (NewReno: RFC 5681, RFC 6582), one reduction for each window of data. */
export class CongestionWindow {
  #size = INITIAL;
  #threshold = Number.POSITIVE_INFINITY;
  /** Losses among what was sent before this number belong to the reduction that is behind us. */
  #recoverUntil = 0;

  get size(): number {
    return Math.floor(this.#size);
  }

  /** RFC 5681 section 3.1: doubling each round trip up to the threshold, then one segment each. */
  acknowledged(segments: number, upTo: number): void {
    if (upTo < this.#recoverUntil) return;
    const growth = this.#size < this.#threshold ? segments : segments / this.#size;
    this.#size = Math.min(MAX_CONGESTION_WINDOW, this.#size + growth);
  }

  /** What was learnt was learnt of another path (RFC 9000 section 9.4). */
  restart(next: number): void {
    this.#size = INITIAL;
    this.#threshold = Number.POSITIVE_INFINITY;
    this.#recoverUntil = next;
  }

  /** @param sequence what got lost @param next the number that is sent next */
  lost(sequence: number, next: number): void {
    if (sequence < this.#recoverUntil) return;
    this.#threshold = Math.max(MIN, this.#size / 2);
    this.#size = this.#threshold;
    this.#recoverUntil = next;
  }

  /** RFC 5681 section 3.1 (7): nothing at all has come back. */
  timedOut(next: number): void {
    this.#threshold = Math.max(MIN, this.#size / 2);
    this.#size = 1;
    this.#recoverUntil = next;
  }
}
