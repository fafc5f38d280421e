import { type Endpoint, formatEndpoint, sameEndpoint } from '../net/endpoint.ts';
import type { Dependence } from './behaviour.ts';
import {
  alternateOf,
  count,
  firstAnswer,
  type Probe,
  type ProbeKind,
  roundTrips,
  silenceCounts,
} from './discovery-plan.ts';
import type { Finding, MappingSample, NatReport } from './nat-report.ts';

export interface LocalSide {
  readonly port: number;
  /** Addresses of the host's interfaces. */
  readonly addresses: readonly string[];
}

/** What a Binding request over TCP found when UDP stayed silent; undefined if it was not tried. */
export type TcpCheck = 'answered' | 'failed' | undefined;

/** The verdicts that the answers allow. A pure function: the tables of RFC 5780 sections 4.3 and 4.4 in words. */
export function judge(
  server: Endpoint,
  probes: readonly Probe[],
  local: LocalSide,
  tcp: TcpCheck,
): Omit<NatReport, 'server' | 'tookMs'> {
  const udp = judgeUdp(server, probes, tcp);
  const mappings = samples(server, probes);
  const trips = roundTrips(probes);
  const common = {
    udp,
    localPort: local.port,
    mappings,
    rttUs: trips.length > 0 ? Math.min(...trips) : undefined,
  };
  const why = whyNothing(server, probes);
  if (why) {
    const nothing = unknown(why);
    if (mappings.length === 0) {
      return { ...common, translation: nothing, mapping: nothing, filtering: nothing, portPreserved: nothing };
    }
    return { ...common, ...judgeFirst(mappings, local), mapping: nothing, filtering: nothing };
  }
  return {
    ...common,
    ...judgeFirst(mappings, local),
    mapping: judgeMapping(server, probes),
    filtering: judgeFiltering(server, probes),
  };
}

function unknown(why: string): { value: 'unknown'; why: string } {
  return { value: 'unknown', why };
}

function judgeUdp(server: Endpoint, probes: readonly Probe[], tcp: TcpCheck): NatReport['udp'] {
  const there = formatEndpoint(server);
  if (firstAnswer(probes, 'primary')) return { value: 'reachable', evidence: `${there} answered over UDP` };
  const silence = `${there} answered none of ${count(probes, 'primary')} requests over UDP`;
  if (tcp === 'answered') return { value: 'blocked', evidence: `${silence}, but one over TCP` };
  return unknown(`${silence}, and none over TCP: the server may be down`);
}

/** Why neither mapping nor filtering can be tested, if so. */
function whyNothing(server: Endpoint, probes: readonly Probe[]): string | undefined {
  const answer = firstAnswer(probes, 'primary');
  if (!answer) return 'no answer over UDP';
  if (answer.outcome === 'error') return `the server answered ${answer.code} ${answer.reason}`;
  return alternateOf(server, probes) ? undefined : 'the server has no second address and port';
}

function judgeFirst(
  mappings: readonly MappingSample[],
  local: LocalSide,
): Pick<NatReport, 'translation' | 'portPreserved'> {
  const { mapped } = mappings[0]!;
  const own = mapped.port === local.port && local.addresses.includes(mapped.address);
  const seen = `port ${local.port} is seen as ${formatEndpoint(mapped)}`;
  const preserved = mappings.filter((sample) => sample.mapped.port === local.port).length;
  return {
    translation: {
      value: own ? 'none' : 'napt',
      evidence: own ? `${seen}, an address of this host` : seen,
    },
    portPreserved:
      preserved === 0 || preserved === mappings.length
        ? { value: preserved > 0, evidence: seen }
        : unknown(`port ${local.port} is kept towards ${preserved} of ${mappings.length} destinations`),
  };
}

/** RFC 5780 section 4.3. */
function judgeMapping(server: Endpoint, probes: readonly Probe[]): Finding<Dependence> {
  const kinds = ['primary', 'alternate-address', 'alternate-both'] as const;
  const seen: Endpoint[] = [];
  for (const kind of kinds) {
    const there = formatEndpoint(destination(server, probes, kind));
    const [first, ...more] = mappedAddresses(probes, kind);
    if (!first) return unknown(`no answer from ${there}`);
    const change = more.find((mapped) => !sameEndpoint(mapped, first));
    if (change) return unknown(`${there} saw ${formatEndpoint(first)}, then ${formatEndpoint(change)}`);
    seen.push(first);
  }
  const [one, two, three] = seen as [Endpoint, Endpoint, Endpoint];
  const evidence = kinds
    .map((kind, index) => `${formatEndpoint(destination(server, probes, kind))} sees ${formatEndpoint(seen[index]!)}`)
    .join(', ');
  const same = [sameEndpoint(one, two), sameEndpoint(two, three), sameEndpoint(one, three)].join();
  if (same === 'true,true,true') return { value: 'endpoint-independent', evidence };
  if (same === 'false,true,false') return { value: 'address-dependent', evidence };
  if (same === 'false,false,false') return { value: 'address-and-port-dependent', evidence };
  return unknown(`no rule explains that ${evidence}`);
}

/** RFC 5780 section 4.4. */
function judgeFiltering(server: Endpoint, probes: readonly Probe[]): Finding<Dependence> {
  const other = alternateOf(server, probes)!;
  const sources = { 'change-both': other, 'change-port': { address: server.address, port: other.port } };
  for (const [kind, source] of Object.entries(sources) as [ProbeKind, Endpoint][]) {
    const answer = firstAnswer(probes, kind);
    if (answer?.outcome === 'error') return unknown(`the server won’t change: ${answer.code} ${answer.reason}`);
    if (answer && !sameEndpoint(answer.from, source)) {
      return unknown(
        `asked to answer from ${formatEndpoint(source)}, the server did from ${formatEndpoint(answer.from)}`,
      );
    }
  }
  if (firstAnswer(probes, 'change-both')) {
    return { value: 'endpoint-independent', evidence: `an answer came from ${formatEndpoint(other)}, never sent to` };
  }
  const tries = count(probes, 'change-both');
  const plain = mappedAddresses(probes, 'primary').length;
  const account = `${plain} of ${count(probes, 'primary')} plain requests were answered`;
  if (!silenceCounts(probes, 'change-both')) {
    return unknown(`no answer from ${formatEndpoint(other)} in ${tries} tries, but only ${account}`);
  }
  const silence = `no answer from ${formatEndpoint(other)} in ${tries} tries while ${account}`;
  if (firstAnswer(probes, 'change-port')) {
    const evidence = `an answer came from ${formatEndpoint(sources['change-port'])}; ${silence}`;
    return { value: 'address-dependent', evidence };
  }
  return { value: 'address-and-port-dependent', evidence: `${silence}, nor with the port changed alone` };
}

export function destination(server: Endpoint, probes: readonly Probe[], kind: ProbeKind): Endpoint {
  if (kind === 'alternate-both') return alternateOf(server, probes)!;
  if (kind === 'alternate-address') return { address: alternateOf(server, probes)!.address, port: server.port };
  return server;
}

function mappedAddresses(probes: readonly Probe[], kind: ProbeKind): Endpoint[] {
  return probes.flatMap((probe) => {
    return probe.kind === kind && probe.answer?.outcome === 'response' ? [probe.answer.mapped] : [];
  });
}

function samples(server: Endpoint, probes: readonly Probe[]): MappingSample[] {
  return (['primary', 'alternate-address', 'alternate-both'] as const).flatMap((kind) => {
    const [mapped] = mappedAddresses(probes, kind);
    return mapped ? [{ destination: destination(server, probes, kind), mapped }] : [];
  });
}
