import { MAX_SEGMENT, RECEIVE_BUFFER } from './parameters.ts';
import { ReassemblyQueue } from './reassembly.ts';
import { ReceiveQueue } from './receive-queue.ts';
import { add, distance, type Sequence } from './sequence.ts';

/** What the peer is owed: nothing, an acknowledgement within the delay, or one at once (RFC 5681 section 4.2). */
export type AckDue = 'none' | 'delayed' | 'now';

const SEGMENTS_PER_ACK = 2;
/** RFC 9293 section 3.8.6.2.2: the right edge moves by no less, or the peer would send ever smaller segments. */
const SMALLEST_WINDOW_STEP = Math.min(MAX_SEGMENT, RECEIVE_BUFFER / 2);
/** An opening of this size is worth a segment of its own. */
const WINDOW_UPDATE_STEP = Math.min(2 * MAX_SEGMENT, RECEIVE_BUFFER / 2);

/** The receiving half of a connection: order, window, and when to acknowledge. */
export class Receiver {
  /** RCV.NXT. */
  next: Sequence;
  ackDue: AckDue = 'none';
  /** The peer's FIN was reached: nothing more will come. */
  finished = false;
  /** What the reader may have. */
  readonly queue = new ReceiveQueue();
  readonly #early = new ReassemblyQueue();
  /** One past the last sequence number that the peer was told it may send. It never moves back. */
  #edge: Sequence;
  #finAt: Sequence | undefined;
  #unacknowledged = 0;

  constructor(next: Sequence) {
    this.next = next;
    this.#edge = add(next, RECEIVE_BUFFER);
  }

  /**
   * Is any part of a segment, or its place if it is empty, within or at the border of the window? This is Linux'
   * reading of the first check of RFC 9293 section 3.10.7.4: it lets the acknowledgement of a window probe count.
   */
  admits(sequence: Sequence, length: number): boolean {
    return distance(this.next, add(sequence, length)) >= 0 && distance(sequence, this.#edge) >= 0;
  }

  /** RFC 5961 section 3.2: is a reset, though not at the exact place, inside the window? */
  covers(sequence: Sequence): boolean {
    return distance(this.next, sequence) >= 0 && distance(sequence, this.#edge) > 0;
  }

  /**
   * Takes the text and the FIN of an admitted segment.
   *
   * @returns true if the peer's FIN is reached by it
   */
  receive(sequence: Sequence, payload: Uint8Array, fin: boolean): boolean {
    if (payload.length === 0 && !fin) return false;
    if (this.finished) {
      this.ackDue = 'now';
      return false;
    }
    const start = this.next;
    const hole = !this.#early.empty;
    this.#takeText(sequence, payload, fin);
    const reached = this.#finAt === this.next;
    if (reached) {
      this.finished = true;
      this.next = add(this.next, 1);
    }
    // RFC 5681 section 4.2: a hole and what fills it are acknowledged at once; so are a repetition and a FIN.
    if (this.next === start || hole || fin || ++this.#unacknowledged >= SEGMENTS_PER_ACK) this.ackDue = 'now';
    else if (this.ackDue === 'none') this.ackDue = 'delayed';
    return reached;
  }

  /** The window field of a segment that leaves now; that segment acknowledges all there is to acknowledge. */
  advertise(): number {
    this.ackDue = 'none';
    this.#unacknowledged = 0;
    if (this.#possibleStep() >= SMALLEST_WINDOW_STEP) this.#edge = add(this.next, this.#room());
    return distance(this.next, this.#edge);
  }

  /** Has the reader made so much room that the peer should hear of it unasked? */
  get windowUpdateDue(): boolean {
    return !this.finished && this.#possibleStep() >= WINDOW_UPDATE_STEP;
  }

  #takeText(sequence: Sequence, payload: Uint8Array, fin: boolean): void {
    const room = distance(sequence, this.#edge);
    const end = add(sequence, payload.length);
    if (fin && this.#finAt === undefined && payload.length < room && distance(this.next, end) >= 0) this.#finAt = end;
    const bytes = payload.length > room ? payload.subarray(0, Math.max(room, 0)) : payload;
    const known = distance(sequence, this.next);
    if (known < 0) {
      this.#early.insert(sequence, bytes);
      return;
    }
    if (known < bytes.length) this.#accept(bytes.subarray(known));
    for (let more = this.#early.take(this.next); more; more = this.#early.take(this.next)) this.#accept(more);
  }

  /** Appends what is in order, but nothing that a hostile peer puts behind its own FIN. */
  #accept(bytes: Uint8Array): void {
    const limit = this.#finAt === undefined ? bytes.length : distance(this.next, this.#finAt);
    const text = bytes.length > limit ? bytes.subarray(0, limit) : bytes;
    if (text.length > 0) this.queue.push(text);
    this.next = add(this.next, text.length);
  }

  #room(): number {
    return RECEIVE_BUFFER - this.queue.length;
  }

  #possibleStep(): number {
    return distance(this.#edge, add(this.next, this.#room()));
  }
}
