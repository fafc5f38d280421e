import { NetError } from '../net/error.ts';
import type { Transport, TransportSink } from '../plugins/transport.ts';

const MAX_HELD = 8;

/** A transport whose first message decides who gets it: it keeps what comes until its owner starts it. */
export class HeldTransport implements Transport {
  readonly protocol: 'udp' | 'tcp';
  readonly reliable: boolean;
  readonly maxMessage: number;
  /** The first message; it is delivered again to the owner's sink. Rejects if the transport closes without one. */
  readonly first: Promise<Uint8Array>;
  readonly #inner: Transport;
  #held: Uint8Array[] = [];
  #closed: { error: NetError | undefined } | undefined;

  constructor(inner: Transport) {
    this.#inner = inner;
    this.protocol = inner.protocol;
    this.reliable = inner.reliable;
    this.maxMessage = inner.maxMessage;
    this.first = new Promise((resolve, reject) => {
      inner.start({
        message: (message) => {
          resolve(message);
          this.#hold(message);
        },
        closed: (error) => {
          this.#closed = { error };
          reject(error ?? new NetError('ECONNRESET', 'closed without a message'));
        },
        drained: () => {},
      });
    });
    this.first.catch(() => {}); // The owner may have gone by then.
  }

  trust(): void {
    this.#inner.trust();
  }

  start(sink: TransportSink): void {
    const held = this.#held;
    this.#held = [];
    this.#inner.start(sink);
    for (const message of held) sink.message(message);
    if (held.length >= MAX_HELD) this.#inner.resume();
    if (this.#closed) sink.closed(this.#closed.error);
  }

  send(message: Uint8Array): boolean {
    return this.#inner.send(message);
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  end(): void {
    this.#inner.end();
  }

  abort(): void {
    this.#inner.abort();
  }

  #hold(message: Uint8Array): void {
    this.#held.push(message);
    if (this.#held.length >= MAX_HELD) this.#inner.pause();
  }
}
