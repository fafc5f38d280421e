import type { StunClient } from '../../nat/stun-client.ts';
import { type Endpoint, sameEndpoint } from '../../net/endpoint.ts';
import type { UdpSocket } from '../../ports/index.ts';
import { isFrame } from '../../wire/proof.ts';
import type { DatagramTransport } from '../datagram-transport.ts';
import type { Attempt, ProvenTransport } from '../plugin.ts';
import { Paths } from './paths.ts';
import { Prober } from './prober.ts';

/** Close together at first, since a path opens as soon as both sides have sent; then patient, for slow links. */
const FIRST_GAP_MS = 50;
const LAST_GAP_MS = 400;
const PROBE_MS = 5000;
/**
 * How long a path whose answers come from elsewhere waits for one that uses the same endpoints both ways: only there
 * does what we send keep alive the mapping that we receive through.
 */
const LOPSIDED_WAIT_MS = 400;
/** What a handshake over a path that has been found may still take. */
const PROVE_MS = 5000;

/** Probes from one socket until a path is proven. It answers the peer's probes from the moment it is made. */
export class Puncher {
  readonly #attempt: Attempt;
  readonly #prober: Prober;
  readonly #paths: Paths;
  readonly #proven: Promise<ProvenTransport>;
  #resolve!: (transport: ProvenTransport) => void;
  #reject!: (error: Error) => void;
  #proving = 0;
  #settled = false;
  #lopsided = false;

  constructor(attempt: Attempt, socket: UdpSocket, client: StunClient) {
    this.#attempt = attempt;
    this.#paths = new Paths(socket);
    this.#prober = new Prober({
      role: attempt.role,
      key: attempt.secret,
      random: attempt.host.random,
      send: (data, to) => socket.send(data, to),
      found: (to, from) => this.#found(to, from),
    });
    client.onMessage = (data, from) => this.#receive(data, from);
    this.#proven = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#proven.catch(() => {}); // Nobody may be waiting yet when the attempt is given up.
    attempt.signal.addEventListener('abort', () => this.#fail(attempt.signal.reason), { once: true });
  }

  /**
   * @param waitMs how long it only answers before it probes on its own
   * @throws Error if no path opens in time
   */
  run(targets: readonly Endpoint[], waitMs: number): Promise<ProvenTransport> {
    const { clock } = this.#attempt.host;
    const endUs = clock.now() + (waitMs + PROBE_MS) * 1000;
    for (const target of targets) this.#prober.add(target);
    if (waitMs > 0) clock.after(waitMs, () => this.#round(FIRST_GAP_MS, endUs));
    else this.#round(FIRST_GAP_MS, endUs);
    return this.#proven;
  }

  #found(to: Endpoint, from: Endpoint): void {
    if (this.#attempt.role === 'responder') return;
    if (sameEndpoint(to, from)) this.#prove(to, from);
    else if (!this.#lopsided) {
      this.#lopsided = true;
      this.#attempt.host.clock.after(LOPSIDED_WAIT_MS, () => {
        if (this.#proving === 0) this.#prove(to, from);
      });
    }
  }

  #round(gapMs: number, endUs: number): void {
    if (this.#settled) return;
    const { clock } = this.#attempt.host;
    const lateUs = clock.now() - endUs;
    if (lateUs >= (this.#proving > 0 ? PROVE_MS * 1000 : 0)) {
      this.#fail(new Error(`no probe went there and back within ${PROBE_MS} ms`));
      return;
    }
    if (lateUs < 0) this.#prober.probe();
    clock.after(gapMs, () => this.#round(Math.min(gapMs * 2, LAST_GAP_MS), endUs));
  }

  #receive(data: Uint8Array, from: Endpoint): void {
    if (!isFrame(data)) {
      if (!this.#settled) this.#prober.receive(data, from);
      return;
    }
    const path = this.#paths.get(from);
    if (path) path.deliver(data);
    else if (this.#attempt.role === 'responder' && this.#prober.hasHeard(from)) this.#prove(from, from)?.deliver(data);
  }

  #prove(to: Endpoint, from: Endpoint): DatagramTransport | undefined {
    if (this.#settled) return undefined;
    this.#proving++;
    const transport = this.#paths.open(to, from);
    this.#attempt.prove(transport).then(
      (proven) => this.#succeed(proven),
      () => {
        this.#proving--;
      },
    );
    return transport;
  }

  #succeed(transport: ProvenTransport): void {
    this.#settled = true;
    this.#resolve(transport);
  }

  #fail(error: Error): void {
    this.#settled = true;
    this.#reject(error);
  }
}
