import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Family } from '../../core/net/endpoint.ts';
import { BARE_SYN, drop, icmpPolicy, outboundPolicy, refuseSyn } from './filter-rules.ts';
import type { NatSite } from './nat-site.ts';
import type { ProtocolPlan } from './protocol-plan.ts';
import type { RuleParts } from './ruleset.ts';

/** As many as the table of a NAT has. */
const TABLE_SIZE = 65_535;
const IP: Readonly<Record<Family, string>> = { 4: 'ip', 6: 'ip6' };

/** A router that translates no ports: it refuses what its policy refuses, and what stays inside is nobody's business. */
export function routerRules(behaviour: NatBehaviour, { family, isolated }: NatSite): RuleParts {
  const { blocks } = behaviour;
  return {
    raw: blocks.includes('tcp-in') ? [drop(`iifname "wan" ${BARE_SYN}`, 'policy_tcp_in')] : [],
    forward: [
      ...(isolated ? [drop('iifname "lan*" oifname "lan*" ct status ! dnat', 'router_isolated')] : []),
      ...icmpPolicy(behaviour, family),
      ...outboundPolicy(behaviour, family),
      ...(blocks.includes('udp') ? [drop('iifname "wan" meta l4proto udp', 'policy_udp')] : []),
      ...(blocks.includes('tcp') ? [drop('iifname "wan" meta l4proto tcp', 'policy_tcp')] : []),
    ],
  };
}

/** RFC 6296, with conntrack to translate what ICMP errors quote. */
export function prefixRules({ hairpin }: NatBehaviour, { prefixes }: NatSite): RuleParts {
  const { inside, outside } = prefixes!;
  const turns = hairpin === 'external-source';
  const into = `ip6 daddr ${outside} dnat ip6 prefix to ${inside}`;
  const out = `ip6 saddr ${inside} snat ip6 prefix to ${outside}`;
  const turned = 'iifname "lan*" oifname "lan*" ct status dnat';
  return {
    prerouting: [`iifname "wan" ${into}`, ...(turns ? [`iifname "lan*" ${into}`] : [])],
    forward: turns
      ? [`${turned} counter name turned`]
      : [drop(`iifname "lan*" ip6 daddr ${outside}`, 'nat_hairpin_off')],
    postrouting: [`oifname "wan" ${out}`, ...(turns ? [`${turned} ${out}`] : [])],
  };
}

/** A filter with state (RFC 6092, but for either family): conntrack, and tables of what it forgets or has no words for. */
export function firewallRules(behaviour: NatBehaviour, site: NatSite, plans: readonly ProtocolPlan[]): RuleParts {
  const { tcp } = behaviour;
  const tabled = plans.filter(({ admitsByTable }) => admitsByTable);
  const refusals = plans.map(({ transport }) =>
    drop(`iifname "wan" meta l4proto ${transport}`, `firewall_${transport}`),
  );
  const syn = plans.some(({ transport }) => transport === 'tcp')
    ? [refuseSyn(behaviour, site, `iifname "wan" ${BARE_SYN}`)]
    : [];
  return {
    tables: tabled.flatMap((plan) => tables(plan, site)),
    forward: [
      'iifname "lan*" oifname "lan*" accept',
      // Conntrack takes the SYN for an answer to ours (RFC 6092 REC-31).
      ...(tcp.simultaneousOpen ? [] : [drop(`iifname "wan" ${BARE_SYN} ct direction reply`, 'tcp_simultaneous_open')]),
      drop('ct state invalid', 'tcp_no_session'),
      'ct state established,related accept',
      'oifname "wan" accept',
      ...tabled.map((plan) => admitted(plan, site)),
      ...syn,
      ...refusals,
      drop('iifname "wan"', 'firewall_no_state'),
    ],
    arriving: tabled.filter(({ inboundRefreshes }) => inboundRefreshes).flatMap((plan) => arriving(plan, site)),
    leaving: tabled.flatMap((plan) => leaving(plan, site)),
  };
}

/** The endpoints that hosts have sent from, and those to which they have opened themselves. */
function tables(plan: ProtocolPlan, { family }: NatSite): string[] {
  const { transport, filtering, hostWide, timeoutS } = plan;
  const address = family === 4 ? 'ipv4_addr' : 'ipv6_addr';
  const options = `flags dynamic,timeout; timeout ${timeoutS}s; size ${TABLE_SIZE};`;
  const permission = keyOf(plan, hostWide ? [address] : [address, 'inet_service'], address, 'inet_service');
  return [
    `set ${transport}_in { type ${address} . inet_service; ${options} }`,
    ...(filtering === 'endpoint-independent' ? [] : [`set ${transport}_opened { type ${permission}; ${options} }`]),
  ];
}

function admitted(plan: ProtocolPlan, { family }: NatSite): string {
  const { transport: t, filtering } = plan;
  const ip = IP[family];
  const opened =
    filtering === 'endpoint-independent'
      ? ''
      : ` ${keyOf(plan, own(plan, `${ip} daddr`, `${t} dport`), `${ip} saddr`, `${t} sport`)} @${t}_opened`;
  return `iifname "wan" meta l4proto ${t} ${ip} daddr . ${t} dport @${t}_in${opened} accept`;
}

function leaving(plan: ProtocolPlan, { family }: NatSite): string[] {
  const { transport: t, filtering } = plan;
  const ip = IP[family];
  const from = `oifname "wan" meta l4proto ${t}`;
  const permission = keyOf(plan, own(plan, `${ip} saddr`, `${t} sport`), `${ip} daddr`, `${t} dport`);
  // A host that answers with an RST opens itself to nobody.
  const unlessReset = t === 'tcp' ? ' tcp flags & rst == 0x0' : '';
  return [
    `${from} update @${t}_in { ${ip} saddr . ${t} sport }`,
    ...(filtering === 'endpoint-independent' ? [] : [`${from}${unlessReset} update @${t}_opened { ${permission} }`]),
  ];
}

/** Keeps the tables as young as the flow. */
function arriving(plan: ProtocolPlan, { family }: NatSite): string[] {
  const { transport: t, filtering } = plan;
  const ip = IP[family];
  const from = `iifname "wan" meta l4proto ${t}`;
  const permission = keyOf(plan, own(plan, `${ip} daddr`, `${t} dport`), `${ip} saddr`, `${t} sport`);
  return [
    `${from} update @${t}_in { ${ip} daddr . ${t} dport }`,
    ...(filtering === 'endpoint-independent'
      ? []
      : [`${from} ct direction reply update @${t}_opened { ${permission} }`]),
  ];
}

function own({ hostWide }: ProtocolPlan, address: string, port: string): string[] {
  return hostWide ? [address] : [address, port];
}

/** Of a permission: the host's own end, and the remote one as far as it counts. */
function keyOf({ filtering }: ProtocolPlan, inside: readonly string[], address: string, port: string): string {
  const remote = filtering === 'address-dependent' ? [address] : [address, port];
  return [...inside, ...remote].join(' . ');
}
