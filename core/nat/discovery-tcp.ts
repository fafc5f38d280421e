import { type Endpoint, formatEndpoint, sameEndpoint } from '../net/endpoint.ts';
import { isNetError, NetError } from '../net/error.ts';
import type { Host, TcpConnection } from '../ports/index.ts';
import { usableAlternate } from './discovery-plan.ts';
import { judgeTranslation } from './discovery-verdict.ts';
import { found, unknown } from './finding.ts';
import { judgeMapping } from './mapping-verdict.ts';
import type { TcpReport } from './nat-report.ts';
import type { MappingSample, PortSample } from './port-report.ts';
import { investigatePorts, type PortSource } from './port-sampling.ts';
import { judgePorts } from './port-verdict.ts';
import { stunOverTcp } from './stun-over-tcp.ts';

export interface TcpDiscoveryOptions {
  readonly servers: readonly Endpoint[];
  readonly bindAddress: string | undefined;
  /** Rounds of mapping new ports; 0: allocation is judged by what the mapping test shows. */
  readonly rounds: number;
  /** A server that has not answered by then is taken for silent. */
  readonly firstMs: number;
  /** For all dials together. */
  readonly limitMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface TcpDiscovery {
  /** The server that answered. */
  readonly server: Endpoint | undefined;
  readonly report: TcpReport;
}

type TcpHost = Pick<Host, 'clock' | 'random' | 'tcp' | 'interfaces'>;

/** An answer that comes sooner had no SYN repeated before it (RFC 6298 section 2.1: first after a second). */
const PROMPT_US = 1_000_000;

/**
 * Finds out what NATs do to TCP: several dials from one local port show the mapping (RFC 5780 section 4.3, over TCP),
 * and dials from several ports how ports are chosen.
 *
 * @throws NetError ECANCELED
 */
export async function discoverTcp(host: TcpHost, options: TcpDiscoveryOptions): Promise<TcpDiscovery> {
  const dialler = new Dialler(host, options);
  try {
    const discovery = await discover(host, dialler, options);
    if (options.signal?.aborted) throw new NetError('ECANCELED');
    return discovery;
  } finally {
    dialler.close();
  }
}

async function discover(host: TcpHost, dialler: Dialler, options: TcpDiscoveryOptions): Promise<TcpDiscovery> {
  const first = await dialler.first();
  if (!first) {
    const silence = unknown(`${options.servers.map(formatEndpoint).join(', ')} did not answer over TCP`);
    const report = { tcp: silence, translation: silence, mapping: silence, mappings: [], ports: judgePorts([]) };
    return { server: undefined, report };
  }
  const { sample, other } = first;
  const server = sample.destination;
  const addresses = host.interfaces().flatMap((entry) => entry.addresses.map(({ address }) => address));
  const translation = judgeTranslation(sample.mapped, { port: sample.localPort, addresses });
  const tcp = found('reachable', `${formatEndpoint(server)} answered over TCP`);
  if (translation.value === 'none') {
    // RFC 5780 section 4.3: without translation there is nothing to depend on.
    const mapping = found('endpoint-independent', `nothing translates ${formatEndpoint(sample.mapped)}`);
    return {
      server,
      report: { tcp, translation, mapping, mappings: [sample].map(plain), ports: judgePorts([sample]) },
    };
  }
  const others = destinations(server, usableAlternate(server, other), options.servers);
  const samples = [sample, ...(await dialler.remap(sample, others))];
  const made =
    options.rounds > 0
      ? await investigatePorts(dialler, options.rounds, samples, host.random)
      : { samples, neighbours: [] };
  const ports = judgePorts(made.samples, made.neighbours);
  const mapping = others.length > 0 ? judgeMapping(samples) : unknown('the server has no second address and port');
  return { server, report: { tcp, translation, mapping, mappings: samples.map(plain), ports } };
}

function plain({ destination, mapped }: MappingSample): MappingSample {
  return { destination, mapped };
}

/** Where else to dial, the most telling first: if that sees the same mapping, nothing more is needed. */
function destinations(server: Endpoint, other: Endpoint | undefined, servers: readonly Endpoint[]): Endpoint[] {
  if (other) return [other, { address: other.address, port: server.port }];
  return servers.filter(({ address }) => address !== server.address);
}

interface Dialled {
  readonly sample: PortSample;
  readonly other: Endpoint | undefined;
}

/** Dials, and keeps every connection until the end, so that the NAT keeps its mapping. */
class Dialler implements PortSource {
  readonly #host: TcpHost;
  readonly #options: TcpDiscoveryOptions;
  readonly #endUs: number;
  readonly #connections: TcpConnection[] = [];
  #server: Endpoint | undefined;

  constructor(host: TcpHost, options: TcpDiscoveryOptions) {
    this.#host = host;
    this.#options = options;
    this.#endUs = host.clock.now() + options.limitMs * 1000;
  }

  /** The first server that answers. */
  async first(): Promise<Dialled | undefined> {
    for (const server of this.#options.servers) {
      const dialled = await this.#dial(server, this.#options.bindAddress, undefined, this.#options.firstMs);
      if (!dialled) continue;
      this.#server = server;
      return dialled;
    }
    return undefined;
  }

  /**
   * Dials from the same port again. Where the port was kept, one after the other until one sees the same mapping, since
   * one is probably enough; else all in the same instant, so that nobody else's mappings come in between.
   */
  async remap({ localPort, mapped }: PortSample, to: readonly Endpoint[]): Promise<PortSample[]> {
    const localAddress = this.#connections[0]!.local.address;
    const dial = async (destination: Endpoint) => (await this.#dial(destination, localAddress, localPort))?.sample;
    if (mapped.port !== localPort) return (await Promise.all(to.map(dial))).filter((sample) => sample !== undefined);
    const samples: PortSample[] = [];
    for (const destination of to) {
      const sample = await dial(destination);
      if (sample) samples.push(sample);
      if (sample && sameEndpoint(sample.mapped, mapped)) break;
    }
    return samples;
  }

  async map(localPort?: number): Promise<PortSample | undefined> {
    return (await this.#dial(this.#server!, this.#options.bindAddress, localPort))?.sample;
  }

  close(): void {
    for (const connection of this.#connections) connection.reset();
  }

  async #dial(
    server: Endpoint,
    localAddress: string | undefined,
    localPort?: number,
    limitMs = Number.POSITIVE_INFINITY,
  ): Promise<Dialled | undefined> {
    const { clock } = this.#host;
    const { signal } = this.#options;
    const sentUs = clock.now();
    const timeoutMs = Math.min(limitMs, (this.#endUs - sentUs) / 1000);
    if (timeoutMs <= 0) return undefined;
    try {
      const { connection, local, mapped, other } = await stunOverTcp(this.#host, server, {
        timeoutMs,
        ...(localAddress !== undefined && { localAddress }),
        ...(localPort !== undefined && { localPort }),
        ...(signal && { signal }),
      });
      this.#connections.push(connection);
      const answeredUs = clock.now();
      const prompt = answeredUs - sentUs < PROMPT_US;
      return { sample: { localPort: local.port, destination: server, mapped, sentUs, answeredUs, prompt }, other };
    } catch (error) {
      if (!isNetError(error)) throw error;
      return undefined;
    }
  }
}
