import { createHmac, timingSafeEqual } from 'node:crypto';
import { StunClient } from '../../core/nat/stun-client.ts';
import { type Endpoint, formatEndpoint } from '../../core/net/endpoint.ts';
import { DatagramTransport } from '../../core/plugins/datagram-transport.ts';
import type { Attempt, ProvenTransport, Role } from '../../core/plugins/plugin.ts';
import { mappedEndpoint } from '../../core/plugins/punching/mapped-endpoint.ts';
import type { UdpSocket } from '../../core/ports/index.ts';
import { isFrame } from '../../core/wire/proof.ts';

export type ProbeKind = 'ping' | 'pong' | 'nominate' | 'nominated';

const KINDS: readonly ProbeKind[] = ['ping', 'pong', 'nominate', 'nominated'];
const TAG_LENGTH = 16;
/** By their first two bits the engine and STUN tell their packets. */
const NEITHER_STUN_NOR_FRAME = Buffer.of(0x50);

/** What the reference strategies have in common: sockets that send marked probes, and a pipe over the one that gets through. */
export class Probes {
  readonly proven: Promise<ProvenTransport>;
  onProbe: (kind: ProbeKind, from: Endpoint, socket: ProbeSocket) => void = () => {};
  readonly #attempt: Attempt;
  #resolve!: (transport: ProvenTransport) => void;
  #reject!: (error: Error) => void;
  #over = false;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
    this.proven = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.proven.catch(() => {});
    attempt.signal.addEventListener('abort', () => this.fail(attempt.signal.reason), { once: true });
  }

  get over(): boolean {
    return this.#over;
  }

  async open(options: { readonly port?: number } = {}): Promise<ProbeSocket> {
    const { host, bindAddress } = this.#attempt;
    const socket = await host.udp.bind({ ...options, ...(bindAddress !== undefined && { address: bindAddress }) });
    return new ProbeSocket(this.#attempt, socket, this);
  }

  /** Lets both ends prove their keys there; the first such path is the pipe. */
  prove(transport: DatagramTransport): void {
    this.#attempt.prove(transport).then(
      (proven) => {
        this.#over = true;
        this.#resolve(proven);
      },
      () => {}, // Another path may still be found.
    );
  }

  fail(error: Error): void {
    this.#over = true;
    this.#reject(error);
  }
}

export class ProbeSocket {
  readonly #attempt: Attempt;
  readonly #socket: UdpSocket;
  readonly #probes: Probes;
  readonly #client: StunClient;
  readonly #transports = new Map<string, DatagramTransport>();

  constructor(attempt: Attempt, socket: UdpSocket, probes: Probes) {
    this.#attempt = attempt;
    this.#socket = socket;
    this.#probes = probes;
    this.#client = new StunClient(attempt.host, socket);
    this.#client.onMessage = (data, from) => this.#receive(data, from);
  }

  get port(): number {
    return this.#socket.local.port;
  }

  /** How the STUN server sees the socket. */
  mapped(): Promise<Endpoint> {
    return mappedEndpoint(this.#client, this.#attempt.servers.stun[0]!, this.#attempt.signal);
  }

  send(kind: ProbeKind, to: Endpoint, ttl?: number): void {
    const { role, secret } = this.#attempt;
    if (!this.#probes.over) this.#socket.send(probe(secret, role, kind), to, ttl);
  }

  /** Bytes that mean nothing to anybody: they only open the NAT. */
  sendNoise(to: Endpoint): void {
    if (!this.#probes.over) this.#socket.send(this.#attempt.host.random.bytes(64), to);
  }

  /** The initiator's: a path is there, or may be. Once for each place. */
  prove(to: Endpoint): void {
    if (!this.#transports.has(formatEndpoint(to))) this.#probes.prove(this.#transport(to));
  }

  #receive(data: Uint8Array, from: Endpoint): void {
    const { role, secret } = this.#attempt;
    if (isFrame(data)) {
      const key = formatEndpoint(from);
      if (role === 'responder' && !this.#transports.has(key)) this.#probes.prove(this.#transport(from));
      this.#transports.get(key)?.deliver(data);
      return;
    }
    const peer: Role = role === 'initiator' ? 'responder' : 'initiator';
    const kind = KINDS.find((each) => same(data, probe(secret, peer, each)));
    if (kind && !this.#probes.over) this.#probes.onProbe(kind, from, this);
  }

  #transport(to: Endpoint): DatagramTransport {
    const key = formatEndpoint(to);
    const carrier = {
      send: (data: Uint8Array) => this.#socket.send(data, to),
      close: () => void this.#transports.delete(key),
    };
    const transport = new DatagramTransport(carrier, to);
    this.#transports.set(key, transport);
    return transport;
  }
}

function probe(secret: Uint8Array, role: Role, kind: ProbeKind): Buffer {
  const tag = createHmac('sha256', secret).update(`${role} ${kind}`).digest();
  return Buffer.concat([NEITHER_STUN_NOR_FRAME, tag.subarray(0, TAG_LENGTH)]);
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
