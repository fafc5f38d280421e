import { type AddressId, echoReply, echoRequest, type IcmpKind, type Packet, type Quote } from '../packet.ts';
import type { IpLayer } from './ip-layer.ts';

const IDENTIFIERS = 65_535;
const NOTHING = new Uint8Array(0);

/** What comes back of an echo request. */
export interface EchoAnswer {
  /** Who answers: the destination, or whoever made the error. */
  readonly from: string;
  readonly sequence: number;
  /** Undefined: a reply. */
  readonly error: IcmpKind | undefined;
}

/** What `ping` has open: one identifier of the host's. */
export interface EchoSocket {
  /** 1 to 65535. */
  readonly identifier: number;
  onAnswer: ((answer: EchoAnswer) => void) | undefined;
  /** @param sequence 0 to 65535 @param ttl hop limit, 1 to 255 @default 64 */
  send(to: string, sequence: number, payload?: Uint8Array, ttl?: number): void;
  /** Frees the identifier. Closing twice does nothing. */
  close(): void;
}

/** The echo half of a simulated host's ICMP: it asks, and answers whoever asks (RFC 1122 section 3.2.2.6). */
export class EchoStack {
  readonly #ip: IpLayer;
  readonly #sockets = new Map<number, EchoSocket>();

  constructor(ip: IpLayer) {
    this.#ip = ip;
  }

  get openCount(): number {
    return this.#sockets.size;
  }

  /**
   * @param identifier @default a free one at random
   * @throws RangeError if it is in use, or none is free
   */
  open(identifier = this.#freeIdentifier()): EchoSocket {
    if (identifier < 1 || identifier > IDENTIFIERS || this.#sockets.has(identifier)) {
      throw new RangeError(`no echo requests with the identifier ${identifier}`);
    }
    const socket: EchoSocket = {
      identifier,
      onAnswer: undefined,
      send: (to, sequence, payload = NOTHING, ttl = 64) => {
        if (this.#sockets.get(identifier) === socket) this.#send(identifier, to, sequence, payload, ttl);
      },
      close: () => {
        if (this.#sockets.get(identifier) === socket) this.#sockets.delete(identifier);
      },
    };
    this.#sockets.set(identifier, socket);
    return socket;
  }

  receive(packet: Packet): void {
    if (packet.echo === 'request') this.#ip.send(echoReply(this.#ip.nextPacketId(), packet));
    else this.#answer(packet.destinationPort, packet.source, packet.sequence, undefined);
  }

  /** An ICMP error about a request of ours. */
  receiveError(kind: IcmpKind, quote: Quote, from: AddressId): void {
    this.#answer(quote.sourcePort, from, quote.sequence, kind);
  }

  /** Forgets every socket. */
  shutdown(): void {
    this.#sockets.clear();
  }

  #send(identifier: number, to: string, sequence: number, payload: Uint8Array, ttl: number): void {
    const destination = this.#ip.addresses.id(to);
    const source = this.#ip.sourceFor(destination);
    if (source === undefined) return;
    const id = this.#ip.nextPacketId();
    this.#ip.send(echoRequest(id, source, identifier, destination, sequence, ttl, Uint8Array.from(payload)));
  }

  #answer(identifier: number, from: AddressId, sequence: number, error: IcmpKind | undefined): void {
    this.#sockets.get(identifier)?.onAnswer?.({ from: this.#ip.addresses.text(from), sequence, error });
  }

  #freeIdentifier(): number {
    const start = this.#ip.random.below(IDENTIFIERS);
    for (let step = 0; step < IDENTIFIERS; step++) {
      const identifier = 1 + ((start + step) % IDENTIFIERS);
      if (!this.#sockets.has(identifier)) return identifier;
    }
    throw new RangeError('all identifiers of echo requests are in use');
  }
}
