import { type Endpoint, formatEndpoint } from '../net/endpoint.ts';
import { familyOf } from '../net/ip.ts';
import type { Host, UdpSocket } from '../ports/index.ts';
import { TRANSACTION_ID_LENGTH } from '../wire/stun/message.ts';
import { isLocal } from './chain.ts';
import { type Finding, found, unknown } from './finding.ts';
import type { HairpinKind, NatReport } from './nat-report.ts';
import { type LossSample, triesFor } from './silence.ts';
import { encodeBinding, StunClient } from './stun-client.ts';

export interface HairpinOptions {
  readonly bindAddress?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

type View = Pick<NatReport, 'server' | 'translation' | 'mapping' | 'filtering' | 'rttUs'>;
type HairpinHost = Pick<Host, 'clock' | 'random' | 'udp' | 'interfaces'>;

/** One of two sockets that send to each other's mapped endpoint. */
interface End {
  readonly socket: UdpSocket;
  readonly client: StunClient;
  readonly mapped: Endpoint;
}

const MAPPING_MS = 3000;
const SPACING_MS = 100;
const MOST_ROUNDS = 12;

/**
 * Do packets to a mapped endpoint come back in, and from where (RFC 5780 section 3.4)? Two sockets send to each other,
 * so that each opens the filter of its own mapping for the other.
 */
export async function discoverHairpin(
  host: HairpinHost,
  report: View,
  options: HairpinOptions,
): Promise<Finding<HairpinKind>> {
  if (report.translation.value !== 'napt') return unknown('nothing is known to translate');
  const sockets: UdpSocket[] = [];
  try {
    const ends = await Promise.all([
      openEnd(host, report.server, options, sockets),
      openEnd(host, report.server, options, sockets),
    ]);
    const [one, two] = ends;
    if (!one || !two) return unknown(`${formatEndpoint(report.server)} did not answer in time`);
    return await new HairpinTest(host, report, [one, two]).run(options.signal);
  } finally {
    for (const socket of sockets) socket.close();
  }
}

async function openEnd(
  host: HairpinHost,
  server: Endpoint,
  { bindAddress, signal }: HairpinOptions,
  sockets: UdpSocket[],
): Promise<End | undefined> {
  const family = familyOf(server.address);
  const socket = await host.udp.bind({ family, ...(bindAddress !== undefined && { address: bindAddress }) });
  sockets.push(socket);
  const client = new StunClient(host, socket);
  const result = await client.binding(server, { rtoMs: 300, deadlineMs: MAPPING_MS, ...(signal && { signal }) });
  return result.outcome === 'response' ? { socket, client, mapped: result.mapped } : undefined;
}

class HairpinTest {
  readonly #host: HairpinHost;
  readonly #report: View;
  readonly #ends: readonly [End, End];
  readonly #requests: readonly [Buffer, Buffer];
  readonly #loss = { asked: 0, answered: 0 };
  #arrival: Endpoint | undefined;

  constructor(host: HairpinHost, report: View, ends: readonly [End, End]) {
    this.#host = host;
    this.#report = report;
    this.#ends = ends;
    this.#requests = [0, 1].map(() => encodeBinding(host.random.bytes(TRANSACTION_ID_LENGTH))) as [Buffer, Buffer];
  }

  async run(signal: AbortSignal | undefined): Promise<Finding<HairpinKind>> {
    this.#ends.forEach(({ client }, index) => {
      const expected = this.#requests[1 - index]!;
      client.onMessage = (data, from) => {
        if (expected.equals(data)) this.#arrival ??= from;
      };
    });
    let rounds = 0;
    while (!this.#arrival && !signal?.aborted && rounds < Math.min(triesFor(this.#settled), MOST_ROUNDS)) {
      this.#send();
      rounds++;
      await this.#pause(SPACING_MS);
    }
    if (!this.#arrival) await this.#pause((2 * (this.#report.rttUs ?? 0)) / 1000 + SPACING_MS);
    return judgeHairpin(this.#report, {
      arrival: this.#arrival,
      mapped: this.#ends.map(({ mapped }) => mapped),
      own: this.#host.interfaces().flatMap(({ addresses }) => addresses.map(({ address }) => address)),
      rounds,
      loss: this.#loss,
    });
  }

  /** Plain requests that are still under way are not lost yet. */
  get #settled(): LossSample {
    const underWay = Math.ceil((this.#report.rttUs ?? 0) / (1000 * SPACING_MS)) + 1;
    return { asked: Math.max(this.#loss.answered, this.#loss.asked - underWay), answered: this.#loss.answered };
  }

  #send(): void {
    const [one, two] = this.#ends;
    one.socket.send(this.#requests[0], two.mapped);
    two.socket.send(this.#requests[1], one.mapped);
    this.#loss.asked++;
    const once = { rtoMs: MAPPING_MS, maxRequests: 1, lastWaitFactor: 1 };
    void one.client.binding(this.#report.server, once).then(({ outcome }) => {
      if (outcome === 'response') this.#loss.answered++;
    });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#host.clock.after(ms, resolve);
    });
  }
}

export interface HairpinEvidence {
  /** Where the first packet came from that did arrive. */
  readonly arrival: Endpoint | undefined;
  /** The mapped endpoints of both sockets. */
  readonly mapped: readonly Endpoint[];
  /** The host's own addresses. */
  readonly own: readonly string[];
  readonly rounds: number;
  /** Of plain requests meanwhile. */
  readonly loss: LossSample;
}

/** A pure function. */
export function judgeHairpin(
  { mapping, filtering }: Pick<NatReport, 'mapping' | 'filtering'>,
  { arrival, mapped, own, rounds, loss }: HairpinEvidence,
): Finding<HairpinKind> {
  if (arrival) {
    const inside = own.includes(arrival.address) || isLocal(arrival.address);
    const outside = mapped.some(({ address }) => address === arrival.address) || !inside;
    const evidence = `a packet to ${mapped.map(formatEndpoint).join(' or ')} arrived from ${formatEndpoint(arrival)}`;
    return found(outside ? 'external-source' : 'internal-source', evidence);
  }
  const account = `nothing arrived in ${rounds} rounds while ${loss.answered} of ${loss.asked} plain requests were answered`;
  // Where each destination is mapped anew, nobody can open the filter for the mapping that a packet will come from.
  if (mapping.value !== 'endpoint-independent' && filtering.value !== 'endpoint-independent') {
    return unknown(`${account}, but the filter may have stopped it`);
  }
  return rounds >= triesFor(loss) ? found('none', account) : unknown(account);
}
