import { type Endpoint, sameEndpoint } from '../../net/endpoint.ts';
import type { UdpSocket } from '../../ports/index.ts';
import { isFrame } from '../../wire/proof.ts';
import type { DatagramTransport } from '../datagram-transport.ts';
import { Paths } from './paths.ts';
import { Prober, type ProberOptions } from './prober.ts';

/** Who hears of what happens at a port. */
export interface PunchPortOwner {
  /** A packet of ours went to `to`, and its answer came from `from`. */
  found(port: PunchPort, to: Endpoint, from: Endpoint): void;
  /** The peer's probe came from there, for the first time. `predicted`: it was a guess of ours. */
  heard(port: PunchPort, from: Endpoint, predicted: boolean): void;
  /** A frame came from where the peer should be or has been heard, and no transport goes there yet; the owner may open one. */
  frame(port: PunchPort, from: Endpoint): DatagramTransport | undefined;
}

/** A local port that punches, and the transports over it. */
export class PunchPort {
  readonly prober: Prober;
  readonly #socket: UdpSocket;
  readonly #paths: Paths;
  readonly #owner: PunchPortOwner;

  constructor(socket: UdpSocket, owner: PunchPortOwner, options: Omit<ProberOptions, 'found' | 'heard'>) {
    this.#socket = socket;
    this.#owner = owner;
    this.#paths = new Paths(socket);
    this.prober = new Prober({
      ...options,
      found: (to, from) => {
        if (!sameEndpoint(to, from)) this.#paths.answeredFrom(to, from);
        owner.found(this, to, from);
      },
      heard: (from, predicted) => {
        this.#paths.from(from)?.reached();
        owner.heard(this, from, predicted);
      },
    });
  }

  /** What came in, but for answers of servers. */
  receive(data: Uint8Array, from: Endpoint): void {
    if (!isFrame(data)) {
      this.prober.receive(data, from);
      return;
    }
    const path = this.#paths.from(from) ?? (this.prober.knows(from) ? this.#owner.frame(this, from) : undefined);
    if (path) path.deliver(data);
    else this.#paths.stray(data, from);
  }

  /** A new transport to the peer; undefined if there is one, or one that goes there from now on. */
  transport(to: Endpoint): DatagramTransport | undefined {
    return this.#paths.open(to);
  }

  /** The transport that goes to `to` takes what comes from there as well. */
  join(to: Endpoint, from: Endpoint): void {
    this.#paths.join(to, from);
  }

  close(): void {
    this.#socket.close();
  }
}
