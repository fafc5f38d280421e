import type { Dependence, NatBehaviour } from '../../core/nat/behaviour.ts';
import type { NatSite } from './nat-site.ts';
import { freshPort, keptPort } from './port-clause.ts';
import type { ProtocolPlan } from './protocol-plan.ts';
import type { RuleParts } from './ruleset.ts';

/** 65,535 ports can't have more mappings, and a trial has no more permissions. */
const TABLE_SIZE = 65_535;
const REMOTE_TYPES: Readonly<Record<Dependence, string>> = {
  'endpoint-independent': '',
  'address-dependent': ' . ipv4_addr',
  'address-and-port-dependent': ' . ipv4_addr . inet_service',
};

/** How one protocol is translated: new flows go through `snat` and `dnat`, and tables remember what flows forget. */
export function translationRules(behaviour: NatBehaviour, site: NatSite, plan: ProtocolPlan): RuleParts {
  const turns = behaviour.hairpin === 'external-source';
  const ways = ['oifname "wan"', ...(turns ? ['iifname "lan*" oifname "lan*" ct status dnat'] : [])];
  return {
    tables: tables(plan),
    turning: turns ? turning(site, plan) : [],
    prerouting: prerouting(site, plan, turns),
    postrouting: ways.flatMap((way) => postrouting(behaviour, site, plan, way)),
    learn: ways.flatMap((way) => learn(plan, way)),
    arriving: plan.inboundRefreshes ? arriving(plan) : [],
  };
}

function tables(plan: ProtocolPlan): string[] {
  const { transport, mapping, filtering, hostWide, remembersPorts, admitsByTable, timeoutS } = plan;
  const options = `flags dynamic,timeout; timeout ${timeoutS}s; size ${TABLE_SIZE};`;
  const permission = `${hostWide ? '' : 'inet_service'}${REMOTE_TYPES[filtering]}`.replace(/^ \. /, '');
  return [
    `set ${transport}_used { type inet_service; ${options} }`,
    `map ${transport}_in { type inet_service : ipv4_addr . inet_service; ${options} }`,
    ...(remembersPorts
      ? [`map ${transport}_out { type ipv4_addr . inet_service${REMOTE_TYPES[mapping]} : inet_service; ${options} }`]
      : []),
    ...(admitsByTable && filtering !== 'endpoint-independent'
      ? [`set ${transport}_opened { type ${permission}; ${options} }`]
      : []),
  ];
}

/** The key of a permission: the external port, unless it holds for all of the host's, and the remote as far as it counts. */
function permission(plan: ProtocolPlan, port: string, address: string, remotePort: string): string {
  const remote = { 'endpoint-independent': [], 'address-dependent': [address] } as Partial<
    Record<Dependence, string[]>
  >;
  return [...(plan.hostWide ? [] : [port]), ...(remote[plan.filtering] ?? [address, remotePort])].join(' . ');
}

function prerouting({ external }: NatSite, plan: ProtocolPlan, turns: boolean): string[] {
  const { transport: t, filtering, admitsByTable } = plan;
  const into = `dnat ip to ${t} dport map @${t}_in`;
  const open = filtering === 'endpoint-independent';
  const admitted = (remote: string) =>
    open ? '' : ` ${permission(plan, `${t} dport`, remote, `${t} sport`)} @${t}_opened`;
  const to = `ip daddr ${external[0]} meta l4proto ${t}`;
  return [
    ...(admitsByTable ? [`iifname "wan" ${to}${admitted('ip saddr')} ${into}`] : []),
    // Turned round, the remote is the sender's external endpoint: our own address, and the port that it keeps.
    ...(turns ? [`iifname "lan*" ${to}${admitted('ip daddr')} ${into}`] : []),
  ];
}

/** Refused or not, who sends to another one's external endpoint has a mapping and has opened itself to it. */
function turning({ external }: NatSite, plan: ProtocolPlan): string[] {
  const { transport: t, filtering } = plan;
  if (filtering === 'endpoint-independent') return []; // nothing is refused, so that `learn` sees it all
  const from = `iifname "lan*" ip daddr ${external[0]} meta l4proto ${t}`;
  return [
    `${from} update @${t}_in { ${t} sport : ip saddr . ${t} sport }`,
    `${from}${unlessReset(t)} update @${t}_opened { ${permission(plan, `${t} sport`, 'ip daddr', `${t} dport`)} }`,
  ];
}

function postrouting(behaviour: NatBehaviour, site: NatSite, plan: ProtocolPlan, way: string): string[] {
  const { transport: t, mapping, remembersPorts, avoidsUsedPorts } = plan;
  const from = `${way} meta l4proto ${t}`;
  const keeps = behaviour.ports.allocation === 'preserving';
  const key = ['ip saddr', `${t} sport`, ...remoteOf(mapping, 'ip daddr', `${t} dport`)].join(' . ');
  return [
    ...(remembersPorts ? [`${from} snat ip to ${site.external[0]} : ${key} map @${t}_out`] : []),
    ...(avoidsUsedPorts ? [`${from} ${t} sport @${t}_used snat ip to ${freshPort(behaviour, site)}`] : []),
    `${from} snat ip to ${keeps ? keptPort(behaviour, site) : freshPort(behaviour, site)}`,
  ];
}

function learn(plan: ProtocolPlan, way: string): string[] {
  const { transport: t, mapping, remembersPorts, admitsByTable, filtering } = plan;
  const from = `${way} meta l4proto ${t}`;
  const outward = `${from} ct direction original`;
  const back = `${from} ct direction reply`;
  const remote = remoteOf(mapping, 'ip daddr', `${t} dport`);
  const inside = (direction: string) => `ct ${direction} ip saddr . ct ${direction} proto-src`;
  const out = (direction: string) => [inside(direction), ...remote].join(' . ');
  return [
    `${from} ${t} sport != @${t}_used counter name mappings`,
    `${from} update @${t}_used { ${t} sport }`,
    `${outward} update @${t}_in { ${t} sport : ${inside('original')} }`,
    `${back} update @${t}_in { ${t} sport : ${inside('reply')} }`,
    ...(remembersPorts
      ? [
          `${outward} update @${t}_out { ${out('original')} : ${t} sport }`,
          `${back} update @${t}_out { ${out('reply')} : ${t} sport }`,
        ]
      : []),
    ...(admitsByTable && filtering !== 'endpoint-independent'
      ? [`${from}${unlessReset(t)} update @${t}_opened { ${permission(plan, `${t} sport`, 'ip daddr', `${t} dport`)} }`]
      : []),
  ];
}

/** Keeps the tables as young as the flow. The external port is the one that the packet came to before translation. */
function arriving(plan: ProtocolPlan): string[] {
  const { transport: t, mapping, filtering, remembersPorts, admitsByTable } = plan;
  const from = `iifname "wan" meta l4proto ${t}`;
  // The internal endpoint is the destination by now, the remote one the source.
  const inside = `ip daddr . ${t} dport`;
  const out = [inside, ...remoteOf(mapping, 'ip saddr', `${t} sport`)].join(' . ');
  const ways = [
    [`${from} ct direction reply`, 'ct reply proto-dst'],
    [`${from} ct direction original`, 'ct original proto-dst'],
  ] as const;
  const refreshed = ways.flatMap(([way, port]) => [
    `${way} update @${t}_used { ${port} }`,
    `${way} update @${t}_in { ${port} : ${inside} }`,
    ...(remembersPorts ? [`${way} update @${t}_out { ${out} : ${port} }`] : []),
  ]);
  const [answers, port] = ways[0];
  const opened = admitsByTable && filtering !== 'endpoint-independent';
  return [
    ...refreshed,
    ...(opened ? [`${answers} update @${t}_opened { ${permission(plan, port, 'ip saddr', `${t} sport`)} }`] : []),
  ];
}

function remoteOf(dependence: Dependence, address: string, port: string): string[] {
  if (dependence === 'endpoint-independent') return [];
  return dependence === 'address-dependent' ? [address] : [address, port];
}

/** A host that answers with an RST opens itself to nobody. */
function unlessReset(transport: string): string {
  return transport === 'tcp' ? ' tcp flags & rst == 0x0' : '';
}
