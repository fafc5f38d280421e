import type { Endpoint } from '../net/endpoint.ts';
import type { Reroute, Transport, TransportSink } from './transport.ts';

/** The IPv6 minimum MTU of 1280 (RFC 8200 section 5) less IP and UDP headers: such a datagram is never too big. */
const MAX_MESSAGE = 1232;

/** How a datagram transport reaches the peer: a punched socket, or a relay's channel. */
export interface DatagramCarrier {
  send(data: Uint8Array): void;
  close(): void;
  /** Absent where the peer can't move. */
  readonly reroute?: Reroute;
}

/** One datagram, one message. Whoever owns the socket hands in what came from the peer by {@link deliver}. */
export class DatagramTransport implements Transport {
  readonly protocol: 'udp' | 'tcp';
  readonly reliable = false;
  readonly maxMessage = MAX_MESSAGE;
  /** Where it leads at first; the carrier knows where to send. */
  readonly remote: Endpoint;
  readonly #carrier: DatagramCarrier;
  #sink: TransportSink | undefined;
  #trusted = false;
  #closed = false;

  /** @param protocol what the carrier itself travels over: a relay can also be reached over TCP */
  constructor(carrier: DatagramCarrier, remote: Endpoint, protocol: 'udp' | 'tcp' = 'udp') {
    this.protocol = protocol;
    this.#carrier = carrier;
    this.remote = remote;
  }

  get reroute(): Reroute | undefined {
    return this.#carrier.reroute;
  }

  trust(): void {
    this.#trusted = true;
  }

  deliver(data: Uint8Array): void {
    if (!this.#closed && data.length <= MAX_MESSAGE) this.#sink?.message(data);
  }

  /** The owner of the socket got it from a place where nobody is known to be. A peer who has not proved its key is not there. */
  stray(data: Uint8Array, from: Endpoint): void {
    if (this.#trusted && !this.#closed && data.length <= MAX_MESSAGE) this.#sink?.stray?.(data, from);
  }

  /** The owner of the socket has heard the peer, but not by a message for us. */
  reached(): void {
    if (!this.#closed) this.#sink?.reached?.();
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
  }

  send(message: Uint8Array): boolean {
    if (message.length > MAX_MESSAGE) {
      throw new RangeError(`a message of ${message.length} bytes is over the limit of ${MAX_MESSAGE}`);
    }
    if (!this.#closed) this.#carrier.send(message);
    return true;
  }

  /** Datagrams can't be held back: what comes while nobody reads is the reader's to drop. */
  pause(): void {}

  resume(): void {}

  end(): void {
    this.abort();
  }

  abort(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#carrier.close();
    this.#sink?.closed();
  }
}
