import type { Endpoint } from '../net/endpoint.ts';
import { NetError } from '../net/error.ts';
import { familyOf } from '../net/ip.ts';
import type { Host, UdpSocket } from '../ports/index.ts';
import { type ChainReport, judgeChain } from './chain.ts';
import { discoverHairpin } from './discovery-hairpin.ts';
import { type Evidence, LIMIT_US } from './discovery-plan.ts';
import { discoverTcp, type TcpDiscovery } from './discovery-tcp.ts';
import { Probing } from './discovery-udp.ts';
import { judge, portSamples, type SocketReport } from './discovery-verdict.ts';
import { unknown } from './finding.ts';
import { isBlurred, mapAfresh } from './fresh-mapping.ts';
import type { NatReport, TcpReport } from './nat-report.ts';
import type { PortReport, PortSample } from './port-report.ts';
import { investigatePorts, type PortSamples, samplePorts } from './port-sampling.ts';
import { judgePorts } from './port-verdict.ts';
import { UdpPortSource } from './udp-port-source.ts';

export interface DiscoveryOptions {
  /** Local address to test from. @default every interface */
  readonly bindAddress?: string | undefined;
  /**
   * `quick` is for a node that starts: a few round trips where everything is let in, some 300 ms more where silence
   * has to be believed, never more than three; it does not test hairpin, and settles for fewer samples of ports. `full`
   * tests everything, in up to half a minute on a bad line. @default 'full'
   */
  readonly depth?: 'quick' | 'full';
  /** The outer address that the nearest gateway says it has (by UPnP, NAT-PMP or PCP). @default not known */
  readonly gateway?: string | undefined;
  /** Gives up with ECANCELED. @default none */
  readonly signal?: AbortSignal | undefined;
}

export type DiscoveryHost = Pick<Host, 'clock' | 'random' | 'udp' | 'tcp' | 'interfaces'>;

const MAX_SERVERS = 4;
const QUICK = { rounds: 0, firstMs: 2000, limitMs: 3000 };
const FULL = { rounds: 4, firstMs: 8000, limitMs: 30_000 };
/** Rounds of sampling ports, and how long each mapping may take, while filtering is tested and after that. */
const FIRST_ROUNDS = { rounds: 1, patienceMs: 700 };
/** How long another socket may take to show what the filter tests have blurred. */
const FRESH_PATIENCE_MS = 700;
const NONE: PortSamples = { samples: [], neighbours: [] };
const MORE_ROUNDS = { rounds: 4, patienceMs: 2000 };

/**
 * Finds out what the NATs in front of this host do (RFC 5780), with the help of a STUN server that has two addresses
 * and two ports, or else of plain ones at different addresses.
 *
 * @param servers of one address family, best first; those after the fourth are not used
 * @throws NetError EADDRNOTAVAIL if `bindAddress` is none of ours, ECANCELED when the signal fires; RangeError without
 * a server
 */
export async function discoverNat(
  host: DiscoveryHost,
  servers: readonly Endpoint[],
  options: DiscoveryOptions = {},
): Promise<NatReport> {
  if (servers.length === 0) throw new RangeError('discovery needs a STUN server');
  return new Discovery(host, servers.slice(0, MAX_SERVERS), options).run();
}

class Discovery {
  readonly #host: DiscoveryHost;
  readonly #servers: readonly Endpoint[];
  readonly #options: DiscoveryOptions;
  readonly #effort: typeof QUICK;
  readonly #own: readonly string[];
  readonly #startUs: number;
  readonly #sources: UdpPortSource[] = [];

  constructor(host: DiscoveryHost, servers: readonly Endpoint[], options: DiscoveryOptions) {
    this.#host = host;
    this.#servers = servers;
    this.#options = options;
    this.#effort = options.depth === 'quick' ? QUICK : FULL;
    this.#startUs = host.clock.now();
    this.#own = host.interfaces().flatMap((entry) => entry.addresses.map(({ address }) => address));
  }

  async run(): Promise<NatReport> {
    const { bindAddress } = this.#options;
    const where = {
      family: familyOf(this.#servers[0]!.address),
      ...(bindAddress !== undefined && { address: bindAddress }),
    };
    const socket = await this.#host.udp.bind(where);
    try {
      const report = await this.#investigate(socket);
      if (this.#options.signal?.aborted) throw new NetError('ECANCELED');
      return { ...report, tookMs: this.#elapsedMs() };
    } finally {
      socket.close();
      for (const source of this.#sources) source.close();
    }
  }

  async #investigate(socket: UdpSocket): Promise<Omit<NatReport, 'tookMs'>> {
    const [overUdp, overTcp] = [this.#probe(socket), this.#dial()];
    await Promise.allSettled([overUdp, overTcp]);
    const { evidence, made } = await overUdp;
    const { server, report: tcp } = await overTcp;
    const seen = judge(evidence, { port: socket.local.port, addresses: this.#own }, server);
    const { report: udp, samples } = isBlurred(seen) ? await this.#afresh(seen) : { report: seen, samples: [] };
    const mapped = [...made.samples, ...samples];
    const full = this.#effort === FULL;
    return {
      ...udp,
      ports: full ? await this.#moreSamples(mapped, udp) : judgePorts(mapped, made.neighbours),
      hairpin: full ? await discoverHairpin(this.#host, udp, this.#options) : unknown('not tested'),
      chain: this.#chain(udp, tcp),
      tcp,
    };
  }

  async #probe(socket: UdpSocket): Promise<{ evidence: Evidence; made: PortSamples }> {
    const servers = this.#servers;
    let sampling: Promise<PortSamples> | undefined;
    const probing = new Probing(this.#host, socket, {
      servers,
      signal: this.#options.signal,
      reached: (first, rttUs) => (sampling = this.#firstSamples(first, rttUs)),
    });
    const probes = await probing.run();
    const own = portSamples({ servers, probes }, socket.local.port);
    const { samples, neighbours } = (await sampling) ?? NONE;
    return { evidence: { servers, probes }, made: { samples: [...own, ...samples], neighbours } };
  }

  #dial(): Promise<TcpDiscovery> {
    const { bindAddress, signal } = this.#options;
    return discoverTcp(this.#host, { servers: this.#servers, bindAddress, signal, ...this.#effort });
  }

  /** A port that is kept says all. Else others are mapped while filtering is tested, which takes longer anyway. */
  async #firstSamples(first: PortSample, rttUs: number): Promise<PortSamples> {
    if (first.mapped.port === first.localPort) return NONE;
    const { rounds, patienceMs } = FIRST_ROUNDS;
    const source = this.#source(first.destination, rttUs, patienceMs);
    // Of more samples it may turn out later that they make sense.
    if (this.#effort === FULL) return { samples: await samplePorts(source, rounds, [first]), neighbours: [] };
    return investigatePorts(source, rounds, [first], this.#host.random);
  }

  #afresh(report: SocketReport): ReturnType<typeof mapAfresh> {
    const patienceMs = Math.max(0, Math.min(FRESH_PATIENCE_MS, LIMIT_US / 1000 - this.#elapsedMs()));
    return mapAfresh(this.#source(report.server, report.rttUs!, patienceMs), report);
  }

  #elapsedMs(): number {
    return (this.#host.clock.now() - this.#startUs) / 1000;
  }

  async #moreSamples(known: readonly PortSample[], { rttUs }: SocketReport): Promise<PortReport> {
    const [first] = known;
    if (!first || rttUs === undefined) return judgePorts(known);
    const source = this.#source(first.destination, rttUs, MORE_ROUNDS.patienceMs);
    const { samples, neighbours } = await investigatePorts(source, MORE_ROUNDS.rounds, known, this.#host.random);
    return judgePorts(samples, neighbours);
  }

  #source(server: Endpoint, rttUs: number, patienceMs: number): UdpPortSource {
    const { bindAddress, signal } = this.#options;
    const source = new UdpPortSource(this.#host, { server, bindAddress, rttUs, patienceMs, signal });
    this.#sources.push(source);
    return source;
  }

  #chain({ mappings: [first], translation }: SocketReport, tcp: TcpReport): ChainReport {
    const { bindAddress, gateway } = this.#options;
    const mapped = (first ?? tcp.mappings[0])?.mapped.address;
    const translated = (first ? translation : tcp.translation).value === 'napt';
    const own = bindAddress === undefined ? this.#own : [bindAddress];
    return judgeChain({ own, mapped, translated, gateway });
  }
}
