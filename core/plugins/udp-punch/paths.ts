import { type Endpoint, formatEndpoint } from '../../net/endpoint.ts';
import type { UdpSocket } from '../../ports/index.ts';
import { DatagramTransport } from '../datagram-transport.ts';

/** The transports over one punched socket, one for each endpoint of the peer. */
export class Paths {
  readonly #socket: UdpSocket;
  readonly #transports = new Map<string, DatagramTransport>();

  constructor(socket: UdpSocket) {
    this.#socket = socket;
  }

  get(remote: Endpoint): DatagramTransport | undefined {
    return this.#transports.get(formatEndpoint(remote));
  }

  open(remote: Endpoint): DatagramTransport {
    const key = formatEndpoint(remote);
    const carrier = {
      send: (data: Uint8Array) => this.#socket.send(data, remote),
      close: () => {
        this.#transports.delete(key);
      },
    };
    const transport = new DatagramTransport(carrier, remote);
    this.#transports.set(key, transport);
    return transport;
  }
}
