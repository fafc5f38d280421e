import type { Endpoint } from '../net/endpoint.ts';
import type { UdpSocket } from './index.ts';

export interface Datagram {
  readonly text: string;
  readonly from: Endpoint;
}

/** Reads a socket like a queue. */
export class Inbox {
  readonly #waiting: ((datagram: Datagram) => void)[] = [];
  readonly #arrived: Datagram[] = [];

  constructor(socket: UdpSocket) {
    socket.onMessage = (data, from) => {
      const datagram = { text: Buffer.from(data).toString('latin1'), from };
      const taker = this.#waiting.shift();
      if (taker) taker(datagram);
      else this.#arrived.push(datagram);
    };
  }

  next(): Promise<Datagram> {
    const first = this.#arrived.shift();
    if (first) return Promise.resolve(first);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
