import { type Endpoint, formatEndpoint } from '../../net/endpoint.ts';
import type { UdpSocket } from '../../ports/index.ts';
import { DatagramTransport } from '../datagram-transport.ts';

/** The transports over one punched socket, by the endpoint that the peer's packets come from. */
export class Paths {
  readonly #socket: UdpSocket;
  readonly #transports = new Map<string, DatagramTransport>();

  constructor(socket: UdpSocket) {
    this.#socket = socket;
  }

  get(from: Endpoint): DatagramTransport | undefined {
    return this.#transports.get(formatEndpoint(from));
  }

  /**
   * @param to where our packets go
   * @param from where the peer's packets come from: the same place, but for NATs that map every destination anew
   */
  open(to: Endpoint, from: Endpoint): DatagramTransport {
    const key = formatEndpoint(from);
    const carrier = {
      send: (data: Uint8Array) => this.#socket.send(data, to),
      close: () => {
        this.#transports.delete(key);
      },
    };
    const transport = new DatagramTransport(carrier, to);
    this.#transports.set(key, transport);
    return transport;
  }
}
