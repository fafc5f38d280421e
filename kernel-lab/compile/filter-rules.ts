import type { AllowedPort, NatBehaviour } from '../../core/nat/behaviour.ts';
import type { NatSite } from './nat-site.ts';

/** Lines of nftables, by the chain that they belong to. */
export interface FilterRules {
  /** Before conntrack sees the packet. */
  readonly raw: readonly string[];
  readonly input: readonly string[];
  readonly forward: readonly string[];
}

const BARE_SYN = 'tcp flags & (fin | syn | rst | ack) == syn';
const OUTBOUND = 'iifname "lan*" oifname "wan"';

/** What a NAT refuses. Whatever is not translated is for the router itself, so the refusals are those of its input. */
export function natFilterRules(behaviour: NatBehaviour, site: NatSite): FilterRules {
  return {
    raw: behaviour.blocks.includes('tcp-in') ? [drop(`iifname "wan" ${BARE_SYN}`, 'policy_tcp_in')] : [],
    input: input(behaviour, site),
    forward: [
      'iifname "lan*" oifname "lan*" ct status dnat counter name turned',
      ...icmpPolicy(behaviour),
      ...outboundPolicy(behaviour),
      // Conntrack takes the SYN for an answer to ours (RFC 5382 REQ-2).
      ...(behaviour.tcp.simultaneousOpen
        ? []
        : [drop(`iifname "wan" ${BARE_SYN} ct direction reply`, 'tcp_simultaneous_open')]),
      ...(site.isolated ? [drop('iifname "lan*" oifname "lan*" ct status ! dnat', 'router_isolated')] : []),
      drop('ct state invalid', 'tcp_no_session'),
      'ct state established,related accept',
      'iifname "wan" ct status dnat accept',
      drop('iifname "wan"', 'nat_no_mapping'),
    ],
  };
}

/** A router that does not translate filters nothing but by its policy. */
export function routerFilterRules(behaviour: NatBehaviour): FilterRules {
  const { blocks } = behaviour;
  return {
    raw: blocks.includes('tcp-in') ? [drop(`iifname "wan" ${BARE_SYN}`, 'policy_tcp_in')] : [],
    input: [],
    forward: [
      ...icmpPolicy(behaviour),
      ...outboundPolicy(behaviour),
      ...(blocks.includes('udp') ? [drop('iifname "wan" meta l4proto udp', 'policy_udp')] : []),
      ...(blocks.includes('tcp') ? [drop('iifname "wan" meta l4proto tcp', 'policy_tcp')] : []),
    ],
  };
}

function input({ tcp, blocks, hairpin, inboundFirst }: NatBehaviour, { external, lifeMs }: NatSite): string[] {
  const turned = `iifname "lan*" ip daddr { ${external.join(', ')} }`;
  if (inboundFirst === 'clash') {
    // What the router itself gets, conntrack notes for good; the kernel answers it, as no program does.
    return [
      'ct state established,related accept',
      ...['udp', 'tcp'].map((transport) => `iifname "wan" meta l4proto ${transport} counter name filter_${transport}`),
      drop(`${turned} meta l4proto { tcp, udp }`, 'nat_hairpin_off'),
    ];
  }
  const answered = ['iifname "wan"', ...(hairpin === 'none' ? [] : [turned])];
  const open = (['udp', 'tcp'] as const).filter((transport) => !blocks.includes(transport));
  return [
    'ct state established,related accept',
    ...(blocks.includes('tcp') ? [] : answered.flatMap((from) => unsolicited(tcp, lifeMs, `${from} ${BARE_SYN}`))),
    ...open.map((transport) => drop(`iifname "wan" meta l4proto ${transport}`, `filter_${transport}`)),
    drop('iifname "wan" meta l4proto { tcp, udp }', 'nat_no_mapping'),
    drop(`${turned} meta l4proto { tcp, udp }`, hairpin === 'none' ? 'nat_hairpin_off' : 'filter_udp'),
  ];
}

function unsolicited({ unsolicited: answer, icmpDelayMs }: NatBehaviour['tcp'], lifeMs: number, syn: string): string[] {
  const counted = `${syn} counter name tcp_unsolicited_syn`;
  if (answer === 'reset') return [`${counted} reject with tcp reset`];
  if (answer === 'icmp' && icmpDelayMs <= lifeMs) return [`${counted} reject with icmp port-unreachable`];
  return [`${counted} drop`];
}

function icmpPolicy({ blocks }: NatBehaviour): string[] {
  return blocks.includes('icmp') ? [drop('meta l4proto icmp', 'policy_icmp')] : [];
}

function outboundPolicy({ blocks, allow }: NatBehaviour): string[] {
  return [
    ...(blocks.includes('udp') ? [drop(`${OUTBOUND} meta l4proto udp`, 'policy_udp')] : []),
    ...(blocks.includes('tcp') ? [drop(`${OUTBOUND} meta l4proto tcp`, 'policy_tcp')] : []),
    ...(allow === 'everything' ? [] : allowList(allow)),
  ];
}

/** ICMP errors leave if they are about a packet from such a port: its flow is the one that they are related to. */
function allowList(allow: readonly AllowedPort[]): string[] {
  const ports = allow.map((port) => port.replace('/', ' . '));
  const errors = allow.map((port) => {
    const [transport, number] = port.split('/');
    return `${OUTBOUND} meta l4proto icmp ct state related ct original protocol ${transport} ct reply proto-src ${number} accept`;
  });
  const admitted = ports.length > 0 ? ` meta l4proto . th dport != { ${ports.join(', ')} }` : '';
  return [
    ...errors,
    drop(`${OUTBOUND} meta l4proto { tcp, udp }${admitted}`, 'policy_port'),
    drop(`${OUTBOUND} meta l4proto icmp`, 'policy_port'),
  ];
}

function drop(match: string, counter: string): string {
  return `${match} counter name ${counter} drop`;
}
