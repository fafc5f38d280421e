import { isNetError } from '../../net/error.ts';
import { familyOf } from '../../net/ip.ts';
import type { Host, UdpSocket } from '../../ports/index.ts';

/** RFC 8656 section 7.2: how long a port is kept for who has its token. */
const RESERVATION_MS = 30_000;
const ATTEMPTS = 32;

export interface RelaySocket {
  readonly socket: UdpSocket;
  /** Of the next port, if that was asked for. */
  readonly token: Uint8Array | undefined;
}

type Service = Pick<Host, 'clock' | 'random' | 'udp'>;

interface Reservation {
  readonly socket: UdpSocket;
  readonly timer: { cancel(): void };
}

/** Hands out sockets on random ports, so that nobody outside can guess them, and keeps those that are reserved. */
export class RelayPorts {
  readonly #host: Service;
  readonly #first: number;
  readonly #count: number;
  readonly #reservations = new Map<string, Reservation>();

  constructor(host: Service, [first, last]: readonly [number, number]) {
    this.#host = host;
    this.#first = first;
    this.#count = last - first + 1;
  }

  get reserved(): number {
    return this.#reservations.size;
  }

  /** A socket on any port; undefined if none was found. */
  async take(address: string): Promise<UdpSocket | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const socket = await this.#bind(address, this.#first + this.#host.random.below(this.#count));
      if (socket) return socket;
    }
    return undefined;
  }

  /** A socket on an even port, and if wanted the next port reserved; undefined if none was found. */
  async takeEven(address: string, reserveNext: boolean): Promise<RelaySocket | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const port = (this.#first + this.#host.random.below(this.#count)) & ~1;
      if (port < this.#first || (reserveNext && port + 1 >= this.#first + this.#count)) continue;
      const socket = await this.#bind(address, port);
      if (!socket) continue;
      if (!reserveNext) return { socket, token: undefined };
      const next = await this.#bind(address, port + 1);
      if (next) return { socket, token: this.#reserve(next) };
      socket.close();
    }
    return undefined;
  }

  /** The socket that the token reserves, once. */
  claim(token: Uint8Array): UdpSocket | undefined {
    const key = Buffer.from(token).toString('hex');
    const reservation = this.#reservations.get(key);
    if (!reservation) return undefined;
    this.#reservations.delete(key);
    reservation.timer.cancel();
    return reservation.socket;
  }

  close(): void {
    for (const { socket, timer } of this.#reservations.values()) {
      timer.cancel();
      socket.close();
    }
    this.#reservations.clear();
  }

  #reserve(socket: UdpSocket): Uint8Array {
    const token = this.#host.random.bytes(8);
    const timer = this.#host.clock.after(RESERVATION_MS, () => this.claim(token)?.close());
    this.#reservations.set(Buffer.from(token).toString('hex'), { socket, timer });
    return token;
  }

  async #bind(address: string, port: number): Promise<UdpSocket | undefined> {
    try {
      return await this.#host.udp.bind({ address, port, family: familyOf(address) });
    } catch (error) {
      if (isNetError(error)) return undefined;
      throw error;
    }
  }
}
