import { type Endpoint, sameEndpoint } from '../../net/endpoint.ts';
import type { Timer, UdpSocket } from '../../ports/index.ts';
import type { DatagramTransport } from '../datagram-transport.ts';
import type { Attempt, ProvenTransport } from '../plugin.ts';
import { type ProbeRequest, probeRequest } from './prober.ts';
import { PunchPort, type PunchPortOwner } from './punch-port.ts';

/** Close together at first, since a path opens as soon as both sides have sent; then patient, for slow links. */
const FIRST_GAP_MS = 20;
const LAST_GAP_MS = 400;
/**
 * How long a path whose answers come from elsewhere waits for one that uses the same endpoints both ways: only there
 * does what we send keep alive the mapping that we receive through.
 */
const LOPSIDED_WAIT_MS = 400;
/** What a handshake over a path that has been found may still take. */
const PROVE_MS = 5000;
/** Handshakes at a time: each costs both ends a signature. */
const MAX_PROVING = 6;

export interface PuncherLimits {
  /** From the first packet on. @default 5000 */
  readonly timeMs?: number;
  /** Of this end, before a path is proven: probes and answers together. @default 1000 */
  readonly packets?: number;
}

/** A place to probe from a port. */
export interface Punch {
  readonly port: PunchPort;
  readonly target: Endpoint;
  /** How often, at most. @default until the end */
  readonly sends?: number;
  /** The peer is there, or that is the best guess: the initiator begins the handshake with the first packet. */
  readonly likely?: boolean;
}

/** Probes from several local ports until a path is proven. A port answers the peer's probes from the moment it is adopted. */
export class Puncher implements PunchPortOwner {
  readonly proven: Promise<ProvenTransport>;
  readonly #attempt: Attempt;
  readonly #timeMs: number;
  readonly #ports = new Set<PunchPort>();
  #resolve!: (transport: ProvenTransport) => void;
  #reject!: (error: Error) => void;
  #timer: Timer | undefined;
  #endUs: number | undefined;
  /** Left to send. */
  #packets: number;
  #sprayed: ProbeRequest | undefined;
  #proving = 0;
  #settled = false;
  #symmetric = false;
  #lopsided = false;
  #hit = false;
  #straight = false;
  /** Where the peer was heard before we knew of a steady end. */
  readonly #unproven: { readonly port: PunchPort; readonly from: Endpoint }[] = [];

  constructor(attempt: Attempt, { timeMs = 5000, packets = 1000 }: PuncherLimits = {}) {
    this.#attempt = attempt;
    this.#timeMs = timeMs;
    this.#packets = packets;
    this.proven = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.proven.catch(() => {}); // Nobody may be waiting yet when the attempt is given up.
    attempt.signal.addEventListener('abort', () => this.fail(attempt.signal.reason), { once: true });
  }

  /** Takes a socket over; its owner hands in what comes by {@link PunchPort.receive}. */
  adopt(socket: UdpSocket): PunchPort {
    const { role, secret: key, host } = this.#attempt;
    const keyed = { role, key, random: host.random };
    const shared = { ...keyed, sprayed: () => (this.#sprayed ??= probeRequest(keyed)) };
    const send = (data: Uint8Array, to: Endpoint, ttl?: number) => {
      if (!this.#settled && this.#packets-- > 0) socket.send(data, to, ttl);
    };
    const port = new PunchPort(socket, this, { ...shared, send });
    this.#ports.add(port);
    return port;
  }

  /** Sends the first packets now, in this order, and repeats all that have no answer from then on. */
  open(punches: readonly Punch[]): void {
    if (this.#settled) return;
    this.#endUs ??= this.#attempt.host.clock.now() + this.#timeMs * 1000;
    for (const { port, target, sends, likely } of punches) {
      port.prober.open(target, sends);
      if (likely && this.#attempt.role === 'initiator') this.#prove(port, target);
    }
    this.#timer?.cancel();
    this.#schedule(FIRST_GAP_MS);
  }

  /** Has a packet of the peer come in, or an answer to one of ours? */
  get hit(): boolean {
    return this.#hit;
  }

  found(port: PunchPort, to: Endpoint, from: Endpoint): void {
    this.#hit = true;
    if (this.#attempt.role === 'responder') return;
    if (sameEndpoint(to, from)) {
      this.#symmetric = true;
      this.#prove(port, to);
    } else if (!this.#lopsided) {
      this.#lopsided = true;
      this.#attempt.host.clock.after(LOPSIDED_WAIT_MS, () => {
        if (this.#symmetric || this.#settled) return;
        this.#prove(port, to);
        port.join(to, from);
      });
    }
  }

  /**
   * The peer's packets get here, so ours will get there, which a handshake finds out as soon as a probe. But where both
   * ends send from a new port to every place, the answers would come from elsewhere.
   */
  heard(port: PunchPort, from: Endpoint, predicted: boolean): void {
    this.#hit = true;
    if (this.#attempt.role === 'responder') return;
    if (predicted || this.#straight) this.#prove(port, from);
    else this.#unproven.push({ port, from });
  }

  /** One end has a steady endpoint: what goes to it, and from it, takes the same way back. */
  expectStraight(): void {
    this.#straight = true;
    for (const { port, from } of this.#unproven.splice(0)) this.#prove(port, from);
  }

  frame(port: PunchPort, from: Endpoint): DatagramTransport | undefined {
    return this.#attempt.role === 'responder' ? this.#prove(port, from) : undefined;
  }

  fail(error: Error): void {
    this.#settled = true;
    this.#timer?.cancel();
    this.#reject(error);
  }

  #schedule(gapMs: number): void {
    this.#timer = this.#attempt.host.clock.after(gapMs, () => this.#round(gapMs));
  }

  #round(gapMs: number): void {
    const lateUs = this.#attempt.host.clock.now() - this.#endUs!;
    if (lateUs >= (this.#proving > 0 ? PROVE_MS * 1000 : 0)) {
      this.fail(new Error(`no probe went there and back within ${this.#timeMs} ms`));
      return;
    }
    if (lateUs < 0) for (const port of this.#ports) port.prober.probe();
    this.#schedule(Math.min(gapMs * 2, LAST_GAP_MS));
  }

  #prove(port: PunchPort, to: Endpoint): DatagramTransport | undefined {
    const transport = this.#settled || this.#proving >= MAX_PROVING ? undefined : port.transport(to);
    if (!transport) return undefined;
    this.#proving++;
    this.#attempt.prove(transport).then(
      (proven) => this.#succeed(port, proven),
      () => {
        this.#proving--;
      },
    );
    return transport;
  }

  #succeed(winner: PunchPort, transport: ProvenTransport): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#timer?.cancel();
    for (const port of this.#ports) if (port !== winner) port.close();
    this.#resolve(transport);
  }
}
