import type { Endpoint } from '../net/endpoint.ts';
import { isNetError, NetError } from '../net/error.ts';
import { familyOf } from '../net/ip.ts';
import type { Host, Timer, UdpSocket } from '../ports/index.ts';
import { LIMIT_US, type Probe, type ProbeKind, planNext } from './discovery-plan.ts';
import { destination, judge, type TcpCheck } from './discovery-verdict.ts';
import type { NatReport } from './nat-report.ts';
import { StunClient } from './stun-client.ts';
import { stunOverTcp } from './stun-over-tcp.ts';

export interface DiscoveryOptions {
  /** Local address to test from. @default every interface */
  readonly bindAddress?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

type DiscoveryHost = Pick<Host, 'clock' | 'random' | 'udp' | 'tcp' | 'interfaces'>;

/** For the check whether a server that is silent over UDP is there at all. */
const TCP_CHECK_MS = 1000;

/**
 * Finds out what the NATs in front of this host do (RFC 5780), with the help of a STUN server that has two addresses
 * and two ports. Takes a few round trips where everything is let in, about a second where silence has to be believed,
 * and never more than {@link LIMIT_US}.
 *
 * @throws NetError EADDRNOTAVAIL if `bindAddress` is none of ours, ECANCELED when the signal fires
 */
export async function discoverNat(
  host: DiscoveryHost,
  server: Endpoint,
  options: DiscoveryOptions = {},
): Promise<NatReport> {
  const { bindAddress, signal } = options;
  const startUs = host.clock.now();
  const socket = await host.udp.bind({
    family: familyOf(server.address),
    ...(bindAddress !== undefined && { address: bindAddress }),
  });
  try {
    const probes = await new Probing(host, socket, server, signal).run();
    const silent = probes.every(({ answer }) => !answer);
    const tcp = silent ? await checkTcp(host, server, bindAddress, signal) : undefined;
    const addresses = host.interfaces().flatMap((found) => found.addresses.map(({ address }) => address));
    const verdict = judge(server, probes, { port: socket.local.port, addresses }, tcp);
    return { server, ...verdict, tookMs: (host.clock.now() - startUs) / 1000 };
  } finally {
    socket.close();
  }
}

async function checkTcp(
  host: DiscoveryHost,
  server: Endpoint,
  localAddress: string | undefined,
  signal: AbortSignal | undefined,
): Promise<TcpCheck> {
  try {
    const { connection } = await stunOverTcp(host, server, {
      timeoutMs: TCP_CHECK_MS,
      ...(localAddress !== undefined && { localAddress }),
      ...(signal && { signal }),
    });
    connection.reset();
    return 'answered';
  } catch (error) {
    if (!isNetError(error) || signal?.aborted) throw error;
    return 'failed';
  }
}

/** Does as {@link planNext} says until it says `done`. */
class Probing {
  readonly #host: DiscoveryHost;
  readonly #server: Endpoint;
  readonly #client: StunClient;
  readonly #signal: AbortSignal | undefined;
  readonly #startUs: number;
  readonly #probes: Probe[] = [];
  #timer: Timer | undefined;
  #done: (() => void) | undefined;

  constructor(host: DiscoveryHost, socket: UdpSocket, server: Endpoint, signal: AbortSignal | undefined) {
    this.#host = host;
    this.#server = server;
    this.#client = new StunClient(host, socket);
    this.#signal = signal;
    this.#startUs = host.clock.now();
  }

  /** @throws NetError ECANCELED */
  async run(): Promise<readonly Probe[]> {
    const stop = () => this.#finish();
    this.#signal?.addEventListener('abort', stop);
    await new Promise<void>((resolve) => {
      this.#done = resolve;
      if (this.#signal?.aborted) this.#finish();
      else this.#advance();
    });
    this.#signal?.removeEventListener('abort', stop);
    if (this.#signal?.aborted) throw new NetError('ECANCELED');
    return this.#probes;
  }

  #advance(): void {
    if (!this.#done) return;
    this.#timer?.cancel();
    const nowUs = this.#host.clock.now();
    const next = planNext(this.#server, this.#probes, this.#startUs, nowUs);
    if (next.step === 'done') this.#finish();
    else if (next.step === 'wait') {
      this.#timer = this.#host.clock.after((next.untilUs - nowUs) / 1000, () => this.#advance());
    } else {
      for (const kind of next.kinds) this.#send(kind);
      this.#advance();
    }
  }

  /** Each probe is a transaction of its own, sent once: so each answer says which probe it is for. */
  #send(kind: ProbeKind): void {
    const probe: Probe = { kind, sentUs: this.#host.clock.now(), answer: undefined };
    this.#probes.push(probe);
    const once = { rtoMs: LIMIT_US / 1000, maxRequests: 1, lastWaitFactor: 1 };
    const change = { changeAddress: kind === 'change-both', changePort: kind.startsWith('change') };
    const to = destination(this.#server, this.#probes, kind);
    void this.#client.binding(to, { ...once, ...change }).then((result) => {
      if (result.outcome !== 'response' && result.outcome !== 'error') return;
      probe.answer = result;
      this.#advance();
    });
  }

  #finish(): void {
    this.#timer?.cancel();
    this.#client.close();
    const done = this.#done;
    this.#done = undefined;
    done?.();
  }
}
