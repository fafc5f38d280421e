import { NetError } from '../net/error.ts';
import { PROVEN, type ProvenTransport } from '../plugins/plugin.ts';
import type { Transport, TransportSink } from '../plugins/transport.ts';
import type { Clock, Timer } from '../ports/index.ts';
import { decodeClose, encodeClose, encodeData, encodeKeepalive, FRAME, frameKind } from '../wire/proof.ts';

/** Messages that may come in before the pipe takes over; an unreliable transport loses the rest. */
const MAX_BACKLOG = 64;
/** RFC 8445 section 11: often enough to keep the mappings of nearly every NAT. */
const KEEPALIVE_MS = 15_000;
/** Keepalives that may get lost in a row before the peer counts as gone. */
const MAX_SILENT = 4;

/**
 * A transport after the handshake: it carries data frames, and answers what is left of the handshake when the peer
 * missed our last word.
 */
export class ProvenLink implements ProvenTransport {
  readonly [PROVEN] = true;
  readonly protocol: 'udp' | 'tcp';
  readonly reliable: boolean;
  readonly maxMessage: number;
  readonly #transport: Transport;
  readonly #answerRepeat: (frame: Uint8Array) => void;
  #sink: TransportSink | undefined;
  #backlog: Uint8Array[] = [];
  #paused = false;
  #closed: { error: NetError | undefined } | undefined;
  #closeReason: string | undefined;
  #keepalive: Timer | undefined;
  /** Keepalives sent since the peer was last heard of. */
  #silent = 0;

  /** @param answerRepeat gets every frame that is neither data nor close */
  constructor(transport: Transport, clock: Clock, answerRepeat: (frame: Uint8Array) => void) {
    this.#transport = transport;
    this.#answerRepeat = answerRepeat;
    this.protocol = transport.protocol;
    this.reliable = transport.reliable;
    this.maxMessage = transport.maxMessage - 1;
    transport.trust();
    transport.start({
      message: (frame) => this.#receive(frame),
      closed: (error) => this.#close(error),
      drained: () => this.#sink?.drained(),
    });
    if (!this.reliable) this.#keepAlive(clock);
  }

  /** What the peer gave as the reason when it closed; undefined if it said nothing. */
  get closeReason(): string | undefined {
    return this.#closeReason;
  }

  trust(): void {}

  start(sink: TransportSink): void {
    this.#sink = sink;
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const message of backlog) sink.message(message);
    // Not before: what the transport still holds comes after the backlog.
    if (backlog.length >= MAX_BACKLOG && !this.#paused) this.#transport.resume();
    if (this.#closed) sink.closed(this.#closed.error);
  }

  send(message: Uint8Array): boolean {
    return this.#closed ? true : this.#transport.send(encodeData(message));
  }

  pause(): void {
    this.#paused = true;
    this.#transport.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#transport.resume();
  }

  end(reason = 'closed by the peer'): void {
    if (this.#closed) return;
    this.#transport.send(encodeClose(reason));
    this.#transport.end();
  }

  abort(): void {
    this.#transport.abort();
  }

  /** A transport without connections tells nobody when the peer is gone, and NATs forget mappings that nobody uses. */
  #keepAlive(clock: Clock): void {
    this.#keepalive = clock.after(KEEPALIVE_MS, () => {
      if (this.#silent >= MAX_SILENT) {
        this.#close(new NetError('ETIMEDOUT', 'the peer has gone silent'));
        this.#transport.abort();
        return;
      }
      this.#silent++;
      this.#transport.send(encodeKeepalive());
      this.#keepAlive(clock);
    });
  }

  #receive(frame: Uint8Array): void {
    this.#silent = 0;
    switch (frameKind(frame)) {
      case FRAME.data:
        this.#deliver(frame.subarray(1));
        break;
      case FRAME.close:
        this.#closeReason = decodeClose(frame);
        if (!this.reliable) this.#transport.abort();
        break;
      case FRAME.keepalive:
        break;
      default:
        this.#answerRepeat(frame);
    }
  }

  #deliver(message: Uint8Array): void {
    if (this.#sink) {
      this.#sink.message(message);
    } else if (this.#backlog.length < MAX_BACKLOG) {
      this.#backlog.push(message);
      if (this.#backlog.length === MAX_BACKLOG) this.#transport.pause();
    }
  }

  #close(error: NetError | undefined): void {
    if (this.#closed) return;
    this.#keepalive?.cancel();
    this.#closed = { error };
    this.#sink?.closed(error);
  }
}
