import { type Endpoint, formatEndpoint, sameEndpoint } from '../net/endpoint.ts';
import type { Dependence } from './behaviour.ts';
import {
  alternateOf,
  chosenServer,
  count,
  type Evidence,
  firstAnswer,
  type Probe,
  type ProbeKind,
  type Request,
  roundTrips,
  silenceCounts,
} from './discovery-plan.ts';
import { type Finding, found, unknown } from './finding.ts';
import { judgeMapping } from './mapping-verdict.ts';
import type { NatReport } from './nat-report.ts';
import type { MappingSample, PortSample } from './port-report.ts';

export interface LocalSide {
  readonly port: number;
  /** Addresses of the host's interfaces. */
  readonly addresses: readonly string[];
}

/** What the probes of one socket tell. */
export type SocketReport = Pick<
  NatReport,
  | 'server'
  | 'alternate'
  | 'udp'
  | 'translation'
  | 'mapping'
  | 'filtering'
  | 'portPreserved'
  | 'localPort'
  | 'mappings'
  | 'rttUs'
>;

/**
 * The verdicts that the answers allow. A pure function: the tables of RFC 5780 sections 4.3 and 4.4 in words.
 *
 * @param overTcp the server that answered over TCP; undefined: none did
 */
export function judge(evidence: Evidence, local: LocalSide, overTcp: Endpoint | undefined): SocketReport {
  const chosen = chosenServer(evidence);
  const trips = roundTrips(evidence.probes);
  const mappings = portSamples(evidence, local.port).map(({ destination, mapped }) => ({ destination, mapped }));
  const common = {
    server: evidence.servers[chosen ?? 0]!,
    alternate: chosen === undefined ? undefined : alternateOf(evidence, chosen),
    udp: judgeUdp(evidence, chosen, overTcp),
    localPort: local.port,
    mappings,
    rttUs: trips.length > 0 ? Math.min(...trips) : undefined,
  };
  const first = mappings[0];
  if (chosen === undefined || !first) {
    const nothing = unknown(whyNothing(evidence, chosen));
    return { ...common, translation: nothing, mapping: nothing, filtering: nothing, portPreserved: nothing };
  }
  return {
    ...common,
    translation: judgeTranslation(first.mapped, local),
    portPreserved: judgePreservation(mappings, local.port),
    mapping: judgeMappings(evidence, chosen),
    filtering: judgeFiltering(evidence, chosen),
  };
}

function judgeUdp(
  { servers, probes }: Evidence,
  chosen: number | undefined,
  overTcp: Endpoint | undefined,
): NatReport['udp'] {
  if (chosen !== undefined) return found('reachable', `${formatEndpoint(servers[chosen]!)} answered over UDP`);
  const asked = servers.filter((_, server) => count(probes, 'primary', server) > 0);
  const silence = `${asked.map(formatEndpoint).join(', ')} answered none of ${probes.length} requests over UDP`;
  const same = overTcp && asked.some((server) => sameEndpoint(server, overTcp));
  if (same) return found('blocked', `${silence}, but ${formatEndpoint(overTcp)} did over TCP`);
  return unknown(`${silence}, and none over TCP: servers may be down`);
}

function whyNothing({ probes }: Evidence, chosen: number | undefined): string {
  const answer = chosen === undefined ? undefined : firstAnswer(probes, 'primary', chosen);
  return answer?.outcome === 'error' ? `the server answered ${answer.code} ${answer.reason}` : 'no answer over UDP';
}

/** Also for TCP. */
export function judgeTranslation(mapped: Endpoint, local: LocalSide): NatReport['translation'] {
  const own = mapped.port === local.port && local.addresses.includes(mapped.address);
  const seen = `port ${local.port} is seen as ${formatEndpoint(mapped)}`;
  return own ? found('none', `${seen}, an address of this host`) : found('napt', seen);
}

export function judgePreservation(mappings: readonly MappingSample[], port: number): Finding<boolean> {
  const preserved = mappings.filter(({ mapped }) => mapped.port === port).length;
  const evidence = `port ${port} is kept towards ${preserved} of ${mappings.length} destinations`;
  return preserved > 0 && preserved < mappings.length ? unknown(evidence) : found(preserved > 0, evidence);
}

/** RFC 5780 section 4.3. */
function judgeMappings(evidence: Evidence, chosen: number): NatReport['mapping'] {
  const wanted = destinations(evidence, chosen);
  if (wanted.length === 1) return unknown('the server has no second address and port');
  const samples: MappingSample[] = [];
  const silent: string[] = [];
  for (const request of wanted) {
    const there = destination(evidence, request);
    const [first, ...more] = mappedEndpoints(evidence.probes, request);
    const change = more.find((mapped) => !sameEndpoint(mapped, first!));
    if (change)
      return unknown(`${formatEndpoint(there)} saw ${formatEndpoint(first!)}, then ${formatEndpoint(change)}`);
    if (first) samples.push({ destination: there, mapped: first });
    else silent.push(formatEndpoint(there));
  }
  const verdict = judgeMapping(samples);
  if (verdict.value === 'unknown') {
    const clash = judgeClash(evidence, chosen, samples);
    if (clash) return clash;
  }
  return verdict.value === 'unknown' && silent.length > 0 ? unknown(`no answer from ${silent.join(', ')}`) : verdict;
}

/**
 * Linux without a firewall has to send from another port to whoever sent to ours first, and the filter tests let the
 * server's other endpoint do that. The rest of the destinations tell the rule.
 */
function judgeClash(
  evidence: Evidence,
  chosen: number,
  samples: readonly MappingSample[],
): NatReport['mapping'] | undefined {
  const other = alternateOf(evidence, chosen);
  const refused = count(evidence.probes, 'change-both', chosen) > 0;
  if (!other || !refused || firstAnswer(evidence.probes, 'change-both', chosen)) return undefined;
  const came = samples.find(({ destination }) => sameEndpoint(destination, other));
  const verdict = judgeMapping(samples.filter((sample) => sample !== came));
  if (!came || verdict.value !== 'endpoint-independent') return undefined;
  const exception = `${formatEndpoint(other)}, which sent first, sees ${formatEndpoint(came.mapped)}`;
  return found('endpoint-independent', `${verdict.evidence}; ${exception}`);
}

/** RFC 5780 section 4.4. */
function judgeFiltering(evidence: Evidence, server: number): Finding<Dependence> {
  const { servers, probes } = evidence;
  const other = alternateOf(evidence, server);
  if (!other) return unknown('the server has no second address and port');
  const told = probes.some((probe) => probe.server !== server && servers[probe.server]!.address === other.address);
  if (told) return unknown(`${formatEndpoint(other)} had been asked itself`);
  const sources = { 'change-both': other, 'change-port': { address: servers[server]!.address, port: other.port } };
  for (const [kind, source] of Object.entries(sources) as [ProbeKind, Endpoint][]) {
    const answer = firstAnswer(probes, kind, server);
    if (answer?.outcome === 'error') return unknown(`the server won’t change: ${answer.code} ${answer.reason}`);
    if (answer && !sameEndpoint(answer.from, source)) {
      return unknown(
        `asked to answer from ${formatEndpoint(source)}, the server did from ${formatEndpoint(answer.from)}`,
      );
    }
  }
  if (firstAnswer(probes, 'change-both', server)) {
    if (cameUninvited(probes, server)) {
      return found('endpoint-independent', `an answer came from ${formatEndpoint(other)}, never sent to`);
    }
    return unknown(`an answer from ${formatEndpoint(other)} came so late that that address had been asked meanwhile`);
  }
  const near = firstAnswer(probes, 'change-port', server) !== undefined;
  const kind = near ? 'change-both' : 'change-port';
  const plain = mappedEndpoints(probes, { kind: 'primary', server }).length;
  const account = `${plain} of ${count(probes, 'primary', server)} plain requests were answered`;
  const silence = `no answer from ${formatEndpoint(sources[kind])} in ${count(probes, kind, server)} tries`;
  if (!silenceCounts(probes, kind, server)) return unknown(`${silence}, but only ${account}`);
  if (!near) return found('address-and-port-dependent', `${silence} while ${account}`);
  const admitted = `an answer came from ${formatEndpoint(sources['change-port'])}`;
  return found('address-dependent', `${admitted}; ${silence} while ${account}`);
}

/** Did the other address get a word in before it was asked, which lets in what comes from there? */
function cameUninvited(probes: readonly Probe[], server: number): boolean {
  const asked = probes.find((probe) => probe.server === server && probe.kind.startsWith('alternate'));
  const invitedUs = asked?.sentUs ?? Number.POSITIVE_INFINITY;
  return probes.some(({ kind, server: to, sentUs, answer }) => {
    return (
      kind === 'change-both' && to === server && answer?.outcome === 'response' && sentUs + answer.rttUs <= invitedUs
    );
  });
}

/** Where a request goes. */
export function destination(evidence: Evidence, { kind, server }: Request): Endpoint {
  const { address, port } = evidence.servers[server]!;
  if (kind === 'alternate-both') return alternateOf(evidence, server)!;
  if (kind === 'alternate-address') return { address: alternateOf(evidence, server)!.address, port };
  return { address, port };
}

/** The requests that show how a destination sees the socket, one for each destination: the chosen server's first. */
function destinations(evidence: Evidence, chosen: number): Request[] {
  const alternates = alternateOf(evidence, chosen) ? (['alternate-address', 'alternate-both'] as const) : [];
  const own = (['primary', ...alternates] as const).map((kind) => ({ kind, server: chosen }));
  const others = evidence.servers.flatMap((_, server) => {
    const asked = server !== chosen && count(evidence.probes, 'primary', server) > 0;
    return asked ? [{ kind: 'primary' as const, server }] : [];
  });
  return [...own, ...others];
}

function mappedEndpoints(probes: readonly Probe[], { kind, server }: Request): Endpoint[] {
  return probes.flatMap((probe) => {
    const asked = probe.kind === kind && probe.server === server;
    return asked && probe.answer?.outcome === 'response' ? [probe.answer.mapped] : [];
  });
}

/** How each destination saw the socket, in the order in which the NAT had to map it. */
export function portSamples(evidence: Evidence, localPort: number): PortSample[] {
  const chosen = chosenServer(evidence);
  const wanted = chosen === undefined ? [] : destinations(evidence, chosen);
  const samples = wanted.flatMap((request): PortSample[] => {
    const sent = evidence.probes.filter(({ kind, server }) => kind === request.kind && server === request.server);
    const probe = sent.find(({ answer }) => answer?.outcome === 'response');
    if (probe?.answer?.outcome !== 'response') return [];
    const { mapped, rttUs } = probe.answer;
    return [
      {
        localPort,
        destination: destination(evidence, request),
        mapped,
        sentUs: sent[0]!.sentUs,
        answeredUs: probe.sentUs + rttUs,
        prompt: probe === sent[0],
      },
    ];
  });
  return samples.sort((a, b) => a.sentUs - b.sentUs);
}
