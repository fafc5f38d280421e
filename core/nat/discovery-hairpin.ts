import { type Endpoint, formatEndpoint } from '../net/endpoint.ts';
import { familyOf } from '../net/ip.ts';
import type { Host, UdpSocket } from '../ports/index.ts';
import { TRANSACTION_ID_LENGTH } from '../wire/stun/message.ts';
import { isLocal } from './chain.ts';
import { type Finding, found, unknown } from './finding.ts';
import type { HairpinKind, NatReport } from './nat-report.ts';
import { type SilenceResult, testSilence } from './silence-test.ts';
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
    return await testHairpin(host, report, [one, two], options.signal);
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

async function testHairpin(
  host: HairpinHost,
  report: View,
  ends: readonly [End, End],
  signal: AbortSignal | undefined,
): Promise<Finding<HairpinKind>> {
  const [one, two] = ends;
  let arrival: Endpoint | undefined;
  const request = (to: End) => {
    const bytes = encodeBinding(host.random.bytes(TRANSACTION_ID_LENGTH));
    to.client.onMessage = (data, from) => {
      if (bytes.equals(data)) arrival ??= from;
    };
    return bytes;
  };
  const [toOne, toTwo] = [request(one), request(two)];
  const silence = await testSilence({
    clock: host.clock,
    client: one.client,
    server: report.server,
    rttUs: report.rttUs ?? 0,
    send: () => {
      one.socket.send(toTwo, two.mapped);
      two.socket.send(toOne, one.mapped);
    },
    heard: () => arrival !== undefined,
    signal,
  });
  return judgeHairpin(report, {
    arrival,
    mapped: ends.map(({ mapped }) => mapped),
    own: host.interfaces().flatMap(({ addresses }) => addresses.map(({ address }) => address)),
    silence,
  });
}

export interface HairpinEvidence {
  /** Where the first packet came from that did arrive. */
  readonly arrival: Endpoint | undefined;
  /** The mapped endpoints of both sockets. */
  readonly mapped: readonly Endpoint[];
  /** The host's own addresses. */
  readonly own: readonly string[];
  readonly silence: SilenceResult;
}

/** A pure function. */
export function judgeHairpin(
  { mapping, filtering }: Pick<NatReport, 'mapping' | 'filtering'>,
  { arrival, mapped, own, silence }: HairpinEvidence,
): Finding<HairpinKind> {
  if (arrival) {
    const inside = own.includes(arrival.address) || isLocal(arrival.address);
    const outside = mapped.some(({ address }) => address === arrival.address) || !inside;
    const evidence = `a packet to ${mapped.map(formatEndpoint).join(' or ')} arrived from ${formatEndpoint(arrival)}`;
    return found(outside ? 'external-source' : 'internal-source', evidence);
  }
  const { outcome, rounds, loss } = silence;
  const account = `nothing arrived in ${rounds} rounds while ${loss.answered} of ${loss.asked} plain requests were answered`;
  // Where each destination is mapped anew, nobody can open the filter for the mapping that a packet will come from.
  if (mapping.value !== 'endpoint-independent' && filtering.value !== 'endpoint-independent') {
    return unknown(`${account}, but the filter may have stopped it`);
  }
  return outcome === 'silent' ? found('none', account) : unknown(account);
}
