import { type Endpoint, formatEndpoint, sameEndpoint } from '../../net/endpoint.ts';
import type { UdpSocket } from '../../ports/index.ts';
import { type DatagramCarrier, DatagramTransport } from '../datagram-transport.ts';
import type { Reroute } from '../transport.ts';

/** The transports over one punched socket: each goes to one place, and takes what comes from there or from elsewhere. */
export class Paths {
  readonly #socket: UdpSocket;
  /** By the endpoint that packets come from. */
  readonly #sources = new Map<string, DatagramTransport>();
  readonly #ways = new Map<DatagramTransport, Way>();

  constructor(socket: UdpSocket) {
    this.#socket = socket;
  }

  /** The one that takes what comes from there. */
  from(endpoint: Endpoint): DatagramTransport | undefined {
    return this.#sources.get(formatEndpoint(endpoint));
  }

  /** A new transport there and back; undefined if there is one, or one that goes there from now on. */
  open(to: Endpoint): DatagramTransport | undefined {
    if (this.#to(to) || this.#redirect(to)) return undefined;
    const way: Way = new Way(this.#socket, to, {
      moved: () => {
        this.#forget(transport); // Who comes from the old place from now on has moved again.
        this.#sources.set(formatEndpoint(way.place), transport);
      },
      closed: () => {
        this.#ways.delete(transport);
        this.#forget(transport);
      },
    });
    const transport: DatagramTransport = new DatagramTransport(way, to);
    this.#ways.set(transport, way);
    this.#sources.set(formatEndpoint(to), transport);
    return transport;
  }

  /** A frame came from where nobody is known to be: a peer that has proved its key may be there now. */
  stray(data: Uint8Array, from: Endpoint): void {
    for (const transport of this.#ways.keys()) transport.stray(data, from);
  }

  /**
   * The peer's NATs map every destination anew, so that what goes to `to` is answered from elsewhere: the transport
   * takes that, too. What came from there for another one so far is its from now on.
   */
  join(to: Endpoint, from: Endpoint): void {
    const transport = this.#to(to);
    if (transport) this.#sources.set(formatEndpoint(from), transport);
  }

  /** What goes to `to` is answered from `from`; perhaps what goes there is as well. */
  answeredFrom(to: Endpoint, from: Endpoint): void {
    const transport = this.#to(to);
    if (transport) this.#ways.get(transport)!.answers = from;
  }

  /**
   * The peer answers from `to` what went elsewhere. A second transport would reach it at the same end as the first, and
   * it serves one handshake there: the first one goes to `to`, and is answered from there.
   */
  #redirect(to: Endpoint): boolean {
    for (const [transport, way] of this.#ways) {
      if (!way.answers || !sameEndpoint(way.answers, to)) continue;
      way.moveTo(to);
      transport.reached();
      return true;
    }
    return false;
  }

  #to(endpoint: Endpoint): DatagramTransport | undefined {
    for (const [transport, { place }] of this.#ways) if (sameEndpoint(place, endpoint)) return transport;
    return undefined;
  }

  #forget(transport: DatagramTransport): void {
    for (const [source, other] of this.#sources) if (other === transport) this.#sources.delete(source);
  }
}

interface WayEvents {
  moved(): void;
  closed(): void;
}

/** From the socket to one place at a time. */
class Way implements DatagramCarrier, Reroute {
  readonly #socket: UdpSocket;
  readonly #events: WayEvents;
  /** Where its answers come from, if that is not where it goes. */
  answers: Endpoint | undefined;
  #place: Endpoint;

  constructor(socket: UdpSocket, place: Endpoint, events: WayEvents) {
    this.#socket = socket;
    this.#place = place;
    this.#events = events;
  }

  get place(): Endpoint {
    return this.#place;
  }

  get reroute(): Reroute {
    return this;
  }

  send(data: Uint8Array): void {
    this.#socket.send(data, this.#place);
  }

  sendTo(data: Uint8Array, to: Endpoint): void {
    this.#socket.send(data, to);
  }

  moveTo(to: Endpoint): void {
    this.#place = to;
    this.#events.moved();
  }

  close(): void {
    this.#events.closed();
  }
}
