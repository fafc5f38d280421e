import { NetError } from '../../net/error.ts';
import type { TransportSink } from '../../plugins/transport.ts';
import type { Clock, Timer } from '../../ports/index.ts';
import { decodeSegment, encodeSegment, SEGMENT_OVERHEAD, type Segment } from '../../wire/segment.ts';
import { WireError } from '../../wire/wire-error.ts';
import type { Link } from '../link/link.ts';
import type { LinkPath } from '../link/link-path.ts';
import { CongestionWindow } from './congestion-window.ts';
import { MAX_RELIABLE_MESSAGE, ReceiveBuffer } from './receive-buffer.ts';
import { RetransmissionTimeout } from './retransmission-timeout.ts';
import { SendBuffer } from './send-buffer.ts';

/** RFC 5681 section 4.2: every second segment is acknowledged at once, the others soon. */
const ACK_DELAY_MS = 20;
const ACK_EVERY = 2;
/** Segments that may wait to be sent before a writer has to; it may go on at half of them. */
const MAX_QUEUED = 256;
/** Segments that a peer who has said nothing yet is taken to have room for. */
const FIRST_WINDOW = 64;

/** What a link is for a pipe. */
export type PipeLink = Pick<
  Link,
  'reliable' | 'maxMessage' | 'path' | 'closeReason' | 'start' | 'send' | 'pause' | 'resume' | 'end' | 'abort'
>;

/** Messages that all arrive, in order, over a link that may lose and swap datagrams. */
export class ReliableLink implements PipeLink {
  readonly reliable = true;
  readonly maxMessage = MAX_RELIABLE_MESSAGE;
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #payload: number;
  readonly #outgoing = new SendBuffer();
  readonly #incoming = new ReceiveBuffer();
  readonly #timeout = new RetransmissionTimeout();
  readonly #congestion = new CongestionWindow();
  #sink: TransportSink | undefined;
  #windowEnd = FIRST_WINDOW;
  #retransmission: Timer | undefined;
  #acknowledgement: Timer | undefined;
  #unacknowledged = 0;
  #lastWindow = 0;
  #full = false;
  #paused = false;
  #ending: string | undefined;
  #closed = false;

  constructor(link: Link, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
    this.#payload = link.maxMessage - SEGMENT_OVERHEAD;
  }

  get path(): LinkPath {
    return this.#link.path;
  }

  get closeReason(): string | undefined {
    return this.#link.closeReason;
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    this.#link.start({
      message: (bytes) => this.#receive(bytes),
      closed: (error) => this.#close(error),
      drained: () => this.#pump(),
      rerouted: (interrupted) => this.#rerouted(interrupted),
    });
  }

  send(message: Uint8Array): boolean {
    if (this.#closed) return true;
    this.#outgoing.push(message, this.#payload);
    this.#pump();
    this.#full = this.#outgoing.queued >= MAX_QUEUED;
    return !this.#full;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
    // Half a window at least, so that nobody is told of every single segment (RFC 9293 section 3.8.6.2.2).
    if (this.#incoming.window >= 2 * this.#lastWindow + ACK_EVERY) this.#acknowledge();
  }

  /** Closes once the peer has everything. */
  end(reason = 'closed by the peer'): void {
    this.#ending ??= reason;
    this.#finishIfDone();
  }

  abort(): void {
    this.#link.abort();
  }

  #receive(bytes: Uint8Array): void {
    try {
      const segment = decodeSegment(bytes);
      this.#acknowledged(segment);
      if (segment.data) this.#data(segment, segment.data);
    } catch (error) {
      if (!(error instanceof WireError || error instanceof RangeError)) throw error;
      this.#link.abort(new NetError('EINVAL', `the peer breaks the rules: ${error.message}`));
    }
  }

  #data({ sequence }: Segment, data: NonNullable<Segment['data']>): void {
    const inOrder = sequence === this.#incoming.next;
    const taken = this.#incoming.put(sequence, data);
    this.#unacknowledged++;
    this.#deliver();
    if (!taken || !inOrder || this.#unacknowledged >= ACK_EVERY) this.#acknowledge();
    else this.#acknowledgement ??= this.#clock.after(ACK_DELAY_MS, () => this.#acknowledge());
  }

  #deliver(): void {
    while (!this.#paused && !this.#closed) {
      const message = this.#incoming.take();
      if (!message) return;
      this.#sink?.message(message);
    }
  }

  #acknowledged(segment: Segment): void {
    const news = this.#outgoing.acknowledge(segment, this.#clock.now());
    if (!news) throw new WireError('what was never sent is acknowledged');
    const { fresh, roundTripUs, lost } = news;
    this.#windowEnd = Math.max(this.#windowEnd, segment.acknowledged + segment.window);
    if (roundTripUs !== undefined) this.#timeout.measured(roundTripUs / 1000);
    if (fresh > 0) {
      this.#congestion.acknowledged(fresh, this.#outgoing.oldest);
      this.#retransmission?.cancel(); // RFC 6298 (5.3)
      this.#retransmission = undefined;
    }
    for (const { sequence } of lost) this.#congestion.lost(sequence, this.#outgoing.next);
    this.#pump();
    this.#finishIfDone();
  }

  /** Sends what may be sent. */
  #pump(): void {
    const nowUs = this.#clock.now();
    const safe = this.#link.path.transport.reliable; // TCP repeats what gets lost: twice would be once too often.
    while (!this.#closed && this.#outgoing.underWay < this.#congestion.size) {
      // A window that is shut is asked after by one segment (RFC 9293 section 3.8.6.1).
      const probing = this.#outgoing.underWay === 0 && this.#windowEnd <= this.#outgoing.next;
      const next = this.#outgoing.take(nowUs, probing ? this.#outgoing.next + 1 : this.#windowEnd, safe && !probing);
      if (!next) break;
      const { sequence, payload, endsMessage } = next;
      this.#post({ sequence, data: { payload, endsMessage } });
      if (probing) break;
    }
    if (this.#outgoing.anyAtRisk) this.#retransmission ??= this.#clock.after(this.#timeout.ms, () => this.#expired());
    if (this.#full && this.#outgoing.queued < MAX_QUEUED / 2) {
      this.#full = false;
      this.#sink?.drained();
    }
  }

  #expired(): void {
    this.#retransmission = undefined;
    this.#timeout.backOff();
    this.#congestion.timedOut(this.#outgoing.next);
    this.#outgoing.giveUpFlight();
    this.#pump();
  }

  /** Another path: what was learnt of the old one does not hold, and what was lost with it goes again, at once. */
  #rerouted(interrupted: boolean): void {
    this.#retransmission?.cancel();
    this.#retransmission = undefined;
    this.#timeout.restart();
    this.#congestion.restart(this.#outgoing.next);
    this.#outgoing.endSafety();
    if (interrupted) {
      this.#outgoing.giveUpFlight();
      this.#acknowledge(); // What we said of the peer's segments may be lost as well.
    }
    this.#pump();
  }

  #acknowledge(): void {
    if (!this.#closed) this.#post({ sequence: this.#outgoing.next });
  }

  #post(segment: Pick<Segment, 'sequence' | 'data'>): void {
    this.#acknowledgement?.cancel();
    this.#acknowledgement = undefined;
    this.#unacknowledged = 0;
    const { next: acknowledged, window, selective } = this.#incoming;
    this.#lastWindow = window;
    this.#link.send(encodeSegment({ ...segment, acknowledged, window, selective }));
  }

  #finishIfDone(): void {
    if (this.#ending !== undefined && this.#outgoing.empty && !this.#closed) this.#link.end(this.#ending);
  }

  #close(error: NetError | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#retransmission?.cancel();
    this.#acknowledgement?.cancel();
    this.#sink?.closed(error);
  }
}
