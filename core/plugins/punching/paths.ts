import { type Endpoint, formatEndpoint, sameEndpoint } from '../../net/endpoint.ts';
import type { UdpSocket } from '../../ports/index.ts';
import { DatagramTransport } from '../datagram-transport.ts';

/** The transports over one punched socket: each goes to one place, and takes what comes from there or from elsewhere. */
export class Paths {
  readonly #socket: UdpSocket;
  /** By the endpoint that packets come from. */
  readonly #sources = new Map<string, DatagramTransport>();
  readonly #transports = new Set<DatagramTransport>();

  constructor(socket: UdpSocket) {
    this.#socket = socket;
  }

  /** The one that takes what comes from there. */
  from(endpoint: Endpoint): DatagramTransport | undefined {
    return this.#sources.get(formatEndpoint(endpoint));
  }

  /** A new transport there and back; undefined if there is one. */
  open(to: Endpoint): DatagramTransport | undefined {
    if ([...this.#transports].some(({ remote }) => sameEndpoint(remote, to))) return undefined;
    let place = to;
    const carrier = {
      send: (data: Uint8Array) => this.#socket.send(data, place),
      reroute: {
        sendTo: (data: Uint8Array, other: Endpoint) => this.#socket.send(data, other),
        moveTo: (other: Endpoint) => {
          place = other;
          this.#forget(transport); // Who comes from the old place from now on has moved again.
          this.#sources.set(formatEndpoint(other), transport);
        },
      },
      close: () => {
        this.#transports.delete(transport);
        this.#forget(transport);
      },
    };
    const transport: DatagramTransport = new DatagramTransport(carrier, to);
    this.#transports.add(transport);
    this.#sources.set(formatEndpoint(to), transport);
    return transport;
  }

  /** What came from where nobody is known to be, for the transport whose peer has proved its key and may have moved. */
  stray(data: Uint8Array, from: Endpoint): void {
    for (const transport of this.#transports) if (transport.trusted) transport.stray(data, from);
  }

  /**
   * The peer's NATs map every destination anew, so that what goes to `to` is answered from elsewhere: the transport
   * takes that, too. What came from there for another one so far is its from now on.
   */
  join(to: Endpoint, from: Endpoint): void {
    const transport = [...this.#transports].find(({ remote }) => sameEndpoint(remote, to));
    if (transport) this.#sources.set(formatEndpoint(from), transport);
  }

  #forget(transport: DatagramTransport): void {
    for (const [source, other] of this.#sources) if (other === transport) this.#sources.delete(source);
  }
}
