import type { AllowedPort, NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Family } from '../../core/net/endpoint.ts';
import type { NatSite } from './nat-site.ts';
import type { RuleParts } from './ruleset.ts';

export const BARE_SYN = 'tcp flags & (fin | syn | rst | ack) == syn';
const OUTBOUND = 'iifname "lan*" oifname "wan"';

/** What a NAT refuses. Whatever is not translated is for the router itself, so the refusals are those of its input. */
export function natFilterRules(behaviour: NatBehaviour, site: NatSite): RuleParts {
  return {
    raw: behaviour.blocks.includes('tcp-in') ? [drop(`iifname "wan" ${BARE_SYN}`, 'policy_tcp_in')] : [],
    input: input(behaviour, site),
    forward: [
      'iifname "lan*" oifname "lan*" ct status dnat counter name turned',
      ...icmpPolicy(behaviour, 4),
      ...outboundPolicy(behaviour, 4),
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

function input(behaviour: NatBehaviour, site: NatSite): string[] {
  const { blocks, hairpin, inboundFirst } = behaviour;
  const { external } = site;
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
    ...(blocks.includes('tcp') ? [] : answered.map((from) => refuseSyn(behaviour, site, `${from} ${BARE_SYN}`))),
    ...open.map((transport) => drop(`iifname "wan" meta l4proto ${transport}`, `filter_${transport}`)),
    drop('iifname "wan" meta l4proto { tcp, udp }', 'nat_no_mapping'),
    drop(`${turned} meta l4proto { tcp, udp }`, hairpin === 'none' ? 'nat_hairpin_off' : 'filter_udp'),
  ];
}

/** What a SYN that nothing admits gets for an answer. */
export function refuseSyn({ tcp, firewall }: NatBehaviour, { lifeMs, family }: NatSite, syn: string): string {
  const counted = `${syn} counter name tcp_unsolicited_syn`;
  if (tcp.unsolicited === 'reset') return `${counted} reject with tcp reset`;
  if (tcp.unsolicited === 'drop' || tcp.icmpDelayMs > lifeMs) return `${counted} drop`;
  // RFC 6092 REC-34: prohibited is not the same as closed.
  return `${counted} reject with ${family === 4 ? 'icmp' : 'icmpv6'} ${firewall ? 'admin-prohibited' : 'port-unreachable'}`;
}

const ICMP: Readonly<Record<Family, string>> = { 4: 'icmp', 6: 'ipv6-icmp' };

export function icmpPolicy({ blocks }: NatBehaviour, family: Family): string[] {
  return blocks.includes('icmp') ? [drop(`meta l4proto ${ICMP[family]}`, 'policy_icmp')] : [];
}

export function outboundPolicy({ blocks, allow }: NatBehaviour, family: Family): string[] {
  return [
    ...(blocks.includes('udp') ? [drop(`${OUTBOUND} meta l4proto udp`, 'policy_udp')] : []),
    ...(blocks.includes('tcp') ? [drop(`${OUTBOUND} meta l4proto tcp`, 'policy_tcp')] : []),
    ...(allow === 'everything' ? [] : allowList(allow, ICMP[family])),
  ];
}

/** ICMP errors leave if they are about a packet from such a port: its flow is the one that they are related to. */
function allowList(allow: readonly AllowedPort[], icmp: string): string[] {
  const ports = allow.map((port) => port.replace('/', ' . '));
  const errors = allow.map((port) => {
    const [transport, number] = port.split('/');
    return `${OUTBOUND} meta l4proto ${icmp} ct state related ct original protocol ${transport} ct reply proto-src ${number} accept`;
  });
  const admitted = ports.length > 0 ? ` meta l4proto . th dport != { ${ports.join(', ')} }` : '';
  return [
    ...errors,
    drop(`${OUTBOUND} meta l4proto { tcp, udp }${admitted}`, 'policy_port'),
    drop(`${OUTBOUND} meta l4proto ${icmp}`, 'policy_port'),
  ];
}

export function drop(match: string, counter: string): string {
  return `${match} counter name ${counter} drop`;
}
