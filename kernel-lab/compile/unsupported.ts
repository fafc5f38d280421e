import type { Dependence, NatBehaviour } from '../../core/nat/behaviour.ts';
import { whyUnknown } from './known-fields.ts';
import type { NatSite } from './nat-site.ts';
import { asFirewall, type ProtocolPlan, planProtocol } from './protocol-plan.ts';

const TRANSPORTS = ['udp', 'tcp'] as const;
const INTERNAL_SOURCE = 'hairpin: internal-source: conntrack translates the answer back, wherever it passes';
const STRICTNESS: readonly Dependence[] = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'];

/**
 * What the kernel has no way to do exactly, in one sentence; undefined where it can do all of it. A difference that no
 * trial can show, such as a timer beyond its end, is none.
 */
export function whyUnsupported(behaviour: NatBehaviour, site: NatSite): string | undefined {
  const unknown = whyUnknown(behaviour);
  if (unknown !== undefined) return unknown;
  if (behaviour.portMapping.protocols.length > 0)
    return 'portMapping: no program of the router’s changes the rules of a kernel NAT here';
  if (behaviour.translation === 'nat64') return 'translation: nat64: the kernel has no NAT64';
  if (behaviour.translation !== 'napt') return prefixes(behaviour, site) ?? firewall(behaviour, site);
  if (site.family === 6) return 'translation: napt: the rules are there for IPv4';
  const plans = TRANSPORTS.flatMap((transport) => planProtocol(behaviour, site, transport) ?? []);
  for (const check of [mappings, addresses, limits, inboundFirst, udpTimers, reuse, tcpSessions]) {
    const reason = check(behaviour, site, plans);
    if (reason !== undefined) return reason;
  }
  for (const plan of plans) {
    const reason = sessions(behaviour, site, plan) ?? hairpin(behaviour, site, plan);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Nothing that speaks of ports or addresses outside concerns who translates none. */
function firewall(behaviour: NatBehaviour, site: NatSite): string | undefined {
  if (!behaviour.firewall) return undefined;
  const plain = asFirewall(behaviour);
  const plans = TRANSPORTS.flatMap((transport) => planProtocol(plain, site, transport) ?? []);
  for (const check of [limits, udpTimers, tcpSessions]) {
    const reason = check(plain, site, plans);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function prefixes({ translation, hairpin: turns, firewall: filters }: NatBehaviour, site: NatSite): string | undefined {
  if (translation !== 'nptv6' || turns === 'none') return undefined;
  if (turns === 'internal-source') return INTERNAL_SOURCE;
  if (filters && site.insideHosts > 1)
    return 'hairpin: with a firewall the filter comes before the prefix is translated that it looks at';
  return undefined;
}

type Check = (behaviour: NatBehaviour, site: NatSite, plans: readonly ProtocolPlan[]) => string | undefined;

const mappings: Check = ({ ports, secondary }) => {
  if (ports.allocation === 'offset') return 'ports.allocation: offset: no statement of nftables adds to a port';
  if (ports.allocation === 'local-sequential')
    return 'ports.allocation: local-sequential: no statement of nftables knows the last local port';
  if (ports.parity) return 'ports.parity: no allocator of nftables looks at it';
  if (ports.contention > 0) return 'ports.contention: nobody else is behind the NAT to take ports';
  if (secondary.onCollision || secondary.underLoad > 0)
    return 'secondary: a rule cannot change over to another mapping';
  if (ports.allocation === 'sequential' && sequenceLength(ports.range) < 2)
    return 'ports.range: too few for a sequence';
  return undefined;
};

const addresses: Check = ({ addresses: count, pooling, ports }, { insideHosts }) => {
  if (count > 1 && pooling === 'arbitrary') return 'pooling: arbitrary: a rule translates to one address';
  if (count > 1 && insideHosts > 1) return 'addresses: a rule translates to one address, and two hosts may need two';
  if (ports.allocation === 'block' && insideHosts > 1) return 'ports.allocation: block: a rule has one block';
  return undefined;
};

const limits: Check = ({ limits: { mappings: total, perHost, sessionRate }, scanGuard, icmp }) => {
  if (total > 0) return 'limits.mappings: conntrack counts flows, not mappings';
  if (perHost > 0) return 'limits.perHost: conntrack counts flows, not mappings';
  if (sessionRate > 0) return 'limits.sessionRate: the kernel counts flows that it refused, too';
  if (scanGuard.probes > 0) return 'scanGuard: no set of nftables counts distinct ports';
  if (icmp.errorEndsMapping) return 'icmp.errorEndsMapping: conntrack keeps the flow (RFC 4787 REQ-12)';
  return undefined;
};

/** Without rules that drop it, conntrack notes what comes in unasked, as long as no table of ours translates it. */
const inboundFirst: Check = ({ inboundFirst: first, tcp, ports, hairpin: turns }, _, plans) => {
  if (first === 'none') return undefined;
  if (tcp.unsolicited !== 'reset') return 'inboundFirst: clash: where nothing drops a SYN the kernel resets it';
  const bare = plans.every(({ remembersPorts, admitsByTable }) => !remembersPorts && !admitsByTable);
  if (bare && ports.allocation === 'preserving' && turns === 'none') return undefined;
  return 'inboundFirst: clash: only where conntrack alone keeps ports and filters';
};

const udpTimers: Check = ({ udp, blocks }, { lifeMs }) => {
  if (blocks.includes('udp') || udp.timeoutMs > lifeMs) return undefined;
  if (udp.refresh !== 'both') return `udp.refresh: ${udp.refresh}: conntrack is refreshed from both sides`;
  if (udp.timeoutMs % 1000 !== 0) return 'udp.timeout: conntrack counts whole seconds';
  return undefined;
};

const reuse: Check = ({ udp, blocks, limits: { reuseHoldMs } }, { lifeMs, insideHosts }) => {
  if (blocks.includes('udp') || udp.timeoutMs > lifeMs || reuseHoldMs === 0 || insideHosts === 1) return undefined;
  return 'limits.reuseHold: a port is free as soon as its flow has ended';
};

const tcpSessions: Check = ({ tcp, ports, blocks }, { lifeMs }, plans) => {
  const plan = plans.find(({ transport }) => transport === 'tcp');
  if (plan === undefined || blocks.includes('tcp')) return undefined;
  if (tcp.unsolicited === 'icmp' && tcp.icmpDelayMs > 0 && tcp.icmpDelayMs <= lifeMs)
    return 'tcp.icmpDelay: the kernel answers at once or not at all';
  const tables = plan.filtering !== 'address-and-port-dependent' || ports.allocation !== 'preserving';
  if (tcp.afterReset === 'remove' && tables && plan.mapping === 'endpoint-independent')
    return 'tcp.afterReset: remove: the flow ends, but the table of mappings does not know which was the last one';
  if (tcp.afterReset === 'remove' && plan.remembersPorts)
    return 'tcp.afterReset: remove: the table of mappings outlives the flow';
  const timers = [tcp.transitoryMs, tcp.establishedMs, tcp.closingMs];
  const short = timers.some((timerMs) => timerMs <= lifeMs);
  if (short && (plan.remembersPorts || plan.admitsByTable))
    return 'tcp.transitory: a table has one timer, whatever the state of the connection';
  if (short && timers.some((timerMs) => timerMs % 1000 !== 0)) return 'tcp.transitory: conntrack counts whole seconds';
  return undefined;
};

/** Whoever is let in by a table gets its answer from the mapping that it came in on. */
function sessions(behaviour: NatBehaviour, { insideHosts }: NatSite, plan: ProtocolPlan): string | undefined {
  if (plan.hostWide && insideHosts > 1) return 'filterScope: host: the table of permissions does not know the host';
  const { mapping, filtering, hostWide } = plan;
  const admitted = hostWide ? 0 : STRICTNESS.indexOf(filtering);
  const answersElsewhere = STRICTNESS.indexOf(mapping) > admitted;
  if (behaviour.inboundSession === 'none' && answersElsewhere)
    return 'inboundSession: none: conntrack binds the answer to the mapping that a packet came in on';
  return undefined;
}

function hairpin(behaviour: NatBehaviour, { portsApart }: NatSite, plan: ProtocolPlan): string | undefined {
  if (behaviour.hairpin === 'none') return undefined;
  if (behaviour.hairpin === 'internal-source') return INTERNAL_SOURCE;
  if (plan.mapping !== 'endpoint-independent') return 'hairpin: only where the mapping depends on no destination';
  if (plan.filtering === 'endpoint-independent') return undefined;
  if (behaviour.ports.allocation !== 'preserving' || !portsApart)
    return 'hairpin: the filter comes before the port is chosen that it looks at';
  return plan.hostWide ? 'filterScope: host, with a hairpin: the two permissions are not told apart' : undefined;
}

function sequenceLength([low, high]: readonly [number, number]): number {
  return high - low + 1;
}
