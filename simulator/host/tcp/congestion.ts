import { INITIAL_WINDOW_SEGMENTS } from './parameters.ts';
import { before, distance, type Sequence } from './sequence.ts';

const DUPLICATES_FOR_RETRANSMIT = 3;

/** Slow start, congestion avoidance, fast retransmit and fast recovery: RFC 5681 with NewReno (RFC 6582), no SACK. */
export class Congestion {
  /** How many bytes may be on their way. */
  window: number;
  readonly #segment: number;
  #threshold = Number.MAX_SAFE_INTEGER;
  #duplicates = 0;
  #recovering = false;
  /** One past the highest sequence number sent when the last loss was found. */
  #recover: Sequence;

  /**
   * @param segment SMSS in bytes
   * @param initial the initial send sequence number
   * @param synRetries retransmissions that the handshake took. RFC 6928 section 2: one may have been spurious, more
   *   show a loss, and then RFC 5681 section 3.1 starts with one segment.
   */
  constructor(segment: number, initial: Sequence, synRetries: number) {
    this.#segment = segment;
    this.#recover = initial;
    this.window = (synRetries > 1 ? 1 : INITIAL_WINDOW_SEGMENTS) * segment;
  }

  /**
   * New data is acknowledged, up to `ack`.
   *
   * @returns true if that shows the next hole: the first unacknowledged segment is to be sent again
   */
  acknowledged(ack: Sequence, bytes: number, inFlight: number): boolean {
    this.#duplicates = 0;
    const segment = this.#segment;
    if (!this.#recovering) {
      if (this.window < this.#threshold) this.window += Math.min(bytes, segment);
      else this.window += Math.max(1, Math.floor((segment * segment) / this.window));
      return false;
    }
    if (distance(this.#recover, ack) >= 0) {
      // RFC 6582 section 3.2 step 3, full acknowledgement, option 1.
      this.window = Math.min(this.#threshold, Math.max(inFlight, segment) + segment);
      this.#recovering = false;
      return false;
    }
    // Partial acknowledgement.
    this.window = Math.max(this.window - bytes, 0) + (bytes >= segment ? segment : 0);
    this.window = Math.max(this.window, segment);
    return true;
  }

  /**
   * A duplicate acknowledgement of `una` came (RFC 5681 section 2).
   *
   * @returns true if it is the third: the first unacknowledged segment is to be sent again
   */
  duplicate(una: Sequence, max: Sequence): boolean {
    if (this.#recovering) {
      this.window += this.#segment;
      return false;
    }
    if (++this.#duplicates !== DUPLICATES_FOR_RETRANSMIT || !before(this.#recover, una)) return false;
    this.#threshold = this.#half(distance(una, max));
    this.window = this.#threshold + DUPLICATES_FOR_RETRANSMIT * this.#segment;
    this.#recover = max;
    this.#recovering = true;
    return true;
  }

  /** The retransmission timer ran out. `again`: for the same segment as the last time (RFC 5681 section 3.1). */
  timedOut(una: Sequence, max: Sequence, again: boolean): void {
    if (!again) this.#threshold = this.#half(distance(una, max));
    this.window = this.#segment;
    this.#recover = max;
    this.#recovering = false;
    this.#duplicates = 0;
  }

  #half(inFlight: number): number {
    return Math.max(inFlight >> 1, 2 * this.#segment);
  }
}
