import { ACK, FIN, type Packet, PSH } from '../../packet.ts';
import type { Scheduler } from '../../world/scheduler.ts';
import { Congestion } from './congestion.ts';
import { LazyTimer } from './lazy-timer.ts';
import { MAX_RETRANSMISSIONS, MAX_RTO_US, MAX_SEGMENT } from './parameters.ts';
import { nextSmallerSegment } from './path-mtu.ts';
import type { RttEstimator } from './rtt-estimator.ts';
import { NO_BYTES, segmentLength } from './segment.ts';
import { SendBuffer } from './send-buffer.ts';
import { SendWindow } from './send-window.ts';
import { add, before, distance, later, type Sequence } from './sequence.ts';

export interface SenderOptions {
  readonly scheduler: Scheduler;
  /** SND.ISS; its SYN is acknowledged. */
  readonly initial: Sequence;
  readonly synRetries: number;
  readonly rtt: RttEstimator;
  /** The segment that opened the connection, for its window. */
  readonly opening: Packet;
  /** Sends a segment with the current acknowledgement. */
  readonly write: (flags: number, sequence: Sequence, payload: Uint8Array) => void;
  /** The timer ran out; the owner calls {@link Sender.expire}. */
  readonly expired: () => void;
}

/**
 * The sending half of a connection: what leaves, when it leaves again, and when the peer is probed. It goes back to
 * the first unacknowledged byte after a timeout; one timer serves retransmission and probing, since only one of the
 * two can be due.
 */
export class Sender {
  /** SND.UNA. */
  una: Sequence;
  /** One past the highest sequence number sent. RFC 9293's SND.NXT; after a timeout {@link Sender.#next} is behind. */
  max: Sequence;
  /** Our FIN is acknowledged. */
  finished = false;
  readonly #options: SenderOptions;
  readonly #buffer = new SendBuffer();
  readonly #rtt: RttEstimator;
  readonly #congestion: Congestion;
  readonly #window: SendWindow;
  readonly #timer: LazyTimer;
  #next: Sequence;
  #segment = MAX_SEGMENT;
  /** Where the segment stood that was too big last. */
  #refused: Sequence | undefined;
  #ending = false;
  #probing = false;
  #probes = 0;
  #unanswered = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.una = this.max = this.#next = add(options.initial, 1);
    this.#rtt = options.rtt;
    this.#congestion = new Congestion(MAX_SEGMENT, options.initial, options.synRetries);
    this.#window = new SendWindow(options.opening);
    this.#timer = new LazyTimer(options.scheduler, options.expired);
  }

  /** Bytes that are unsent or unacknowledged. */
  get buffered(): number {
    return this.#buffer.length;
  }

  /** Bytes that have never been sent. */
  get unsent(): number {
    return Math.max(0, this.#buffer.length - distance(this.una, this.max));
  }

  /** Where a segment without text stands: SND.NXT, or less if the peer would find that outside its window. */
  get emptySequence(): Sequence {
    const edge = add(this.una, this.#window.size);
    return before(edge, this.max) ? edge : this.max;
  }

  append(bytes: Uint8Array): void {
    this.#buffer.append(bytes);
  }

  /** A FIN follows what is queued. */
  end(): void {
    this.#ending = true;
  }

  /** Sends what the windows allow, and sees to the timer. */
  output(): void {
    while (this.#sendNext(false));
    this.#arm();
  }

  /** RFC 5961 section 5.2: does the segment acknowledge something that could be on its way? */
  admits(ack: Sequence): boolean {
    return distance(ack, this.max) >= 0 && distance(ack, this.una) <= this.#window.largest;
  }

  /** Takes the acknowledgement and the window of an admitted segment; {@link output} is the caller's next step. */
  acknowledge(segment: Packet): void {
    const { acknowledgement: ack, window } = segment;
    const advance = distance(this.una, ack);
    if (advance < 0) return;
    const outstanding = this.#next !== this.una;
    const repeated = advance === 0 && window === this.#window.size && segmentLength(segment) === 0;
    this.#window.update(segment);
    // RFC 9293 section 3.8.6.1: as long as probes are answered the connection stays open.
    if (this.#probing) this.#unanswered = 0;
    if (advance > 0) this.#advance(ack, advance);
    else if (outstanding && repeated && this.#congestion.duplicate(this.una, this.max)) this.#resend();
  }

  /** What the timer asks for. @returns false if there is nothing more to try: the peer is gone */
  expire(): boolean {
    if (++this.#unanswered > MAX_RETRANSMISSIONS) return false;
    if (this.#probing) {
      this.#probe();
    } else {
      this.#congestion.timedOut(this.una, this.max, this.#unanswered > 1);
      this.#rtt.retransmitted();
      this.#rtt.backOff();
      this.#next = this.una;
    }
    this.output();
    return true;
  }

  /**
   * A link on the way is too narrow for the segment at `sequence` (RFC 1191): smaller segments, from the first
   * unacknowledged byte on. Of all the segments of one flight that were too big only the first says something new;
   * the next flight starts no later than it did.
   */
  shrinkSegments(sequence: Sequence): void {
    const refused = this.#refused;
    if (refused !== undefined && !before(refused, this.una) && before(refused, sequence)) return;
    this.#refused = sequence;
    this.#segment = nextSmallerSegment(this.#segment);
    this.#rtt.retransmitted();
    this.#next = this.una;
    this.output();
  }

  /** Ends all activity. */
  stop(): void {
    this.#timer.clear();
    this.#buffer.clear();
  }

  get #finPending(): boolean {
    return this.#ending && !this.finished;
  }

  #advance(ack: Sequence, count: number): void {
    let bytes = count;
    if (count > this.#buffer.length) {
      bytes = this.#buffer.length;
      this.finished = true;
    }
    this.#buffer.discard(bytes);
    this.una = ack;
    this.#next = later(this.#next, ack);
    this.#unanswered = 0;
    this.#probes = 0;
    this.#rtt.acknowledged(ack, this.#options.scheduler.now);
    this.#timer.clear(); // RFC 6298 (5.3): output() starts it afresh if anything is left
    if (this.#congestion.acknowledged(ack, bytes, distance(ack, this.max))) this.#resend();
  }

  /** Sends one segment at {@link #next} if the windows and silly window avoidance (RFC 9293 section 3.8.6.2.1) let it. */
  #sendNext(override: boolean): boolean {
    const offset = distance(this.una, this.#next);
    const available = this.#buffer.length - offset; // -1 when the FIN is out too
    const usable = Math.min(this.#window.size, this.#congestion.window) - offset;
    if (usable <= 0 || available < 0 || (available === 0 && !this.#finPending)) return false;
    const length = Math.min(this.#segment, available, usable);
    const silly = length < this.#segment && length < available && 2 * length < this.#window.largest;
    if (silly && !override) return false;
    this.#transmit(length, this.#finPending && length === available && length < usable);
    return true;
  }

  /** Sends `length` bytes from {@link #next} on and moves it. */
  #transmit(length: number, fin: boolean): void {
    const start = this.#next;
    const offset = distance(this.una, start);
    const payload = length > 0 ? this.#buffer.read(offset, length) : NO_BYTES;
    const push = length > 0 && offset + length === this.#buffer.length;
    this.#next = add(start, length + (fin ? 1 : 0));
    if (start === this.max) this.#rtt.sent(this.#next, this.#options.scheduler.now);
    this.max = later(this.max, this.#next);
    this.#options.write(ACK | (push ? PSH : 0) | (fin ? FIN : 0), start, payload);
  }

  /** Sends the first unacknowledged segment again, and goes on where it was. */
  #resend(): void {
    const resume = this.#next;
    const outstanding = distance(this.una, this.max);
    if (outstanding === 0) return;
    this.#rtt.retransmitted();
    this.#next = this.una;
    const length = Math.min(this.#segment, this.#buffer.length, outstanding);
    this.#transmit(length, this.#finPending && length === this.#buffer.length && length < outstanding);
    this.#next = later(this.#next, resume);
  }

  /**
   * The window has been shut, or too small, for a probe's time. What fits is sent; if nothing does, a byte that the
   * peer may refuse (RFC 9293 section 3.8.6.1), or the FIN.
   */
  #probe(): void {
    this.#probes++;
    if (this.#sendNext(true)) return;
    const length = Math.min(1, this.#buffer.length);
    this.#transmit(length, length === 0);
    this.#next = this.una;
    this.#rtt.retransmitted();
  }

  #arm(): void {
    if (this.#next !== this.una) {
      if (this.#timer.armed && !this.#probing) return;
      this.#probing = false;
      this.#timer.set(this.#rtt.rtoUs);
    } else if (this.#buffer.length > 0 || this.#finPending) {
      if (this.#timer.armed && this.#probing) return;
      this.#probing = true;
      this.#timer.set(Math.min(this.#rtt.rtoUs * 2 ** this.#probes, MAX_RTO_US));
    } else {
      this.#timer.clear();
    }
  }
}
