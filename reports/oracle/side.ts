import type { AllowedPort, Block, Dependence, NatBehaviour } from '../../core/nat/behaviour.ts';
import { type PortRule, portRule, type SearchRoom, searchRoom } from './port-rule.ts';

/** The NATs in front of a peer, host side first. None at all is a host with a public address. */
export type Chain = readonly NatBehaviour[];

/** How a whole chain treats UDP, in the words of one NAT: the worst mapping and the strictest filter of its layers. */
export interface UdpSide {
  readonly mapping: Dependence;
  readonly filtering: Dependence;
  /** Does the reply to an admitted packet leave from the endpoint that the packet came to? */
  readonly binds: boolean;
  /** Does every new remote endpoint see a new port, even one that is being answered? */
  readonly wanders: boolean;
  /** May a peer that the host has sent to from one mapping come in at another? */
  readonly openOnEveryMapping: boolean;
  /** Does what one mapping has sent open the filter for every mapping of the host? */
  readonly sharesPermission: boolean;
  /** A new mapping may lie on another external address. */
  readonly changesAddress: boolean;
  /** Of new mappings. */
  readonly ports: PortRule;
  readonly search: SearchRoom;
  readonly blocked: boolean;
}

/** How a whole chain treats TCP. */
export interface TcpSide {
  readonly mapping: Dependence;
  readonly filtering: Dependence;
  /** Of new mappings. */
  readonly ports: PortRule;
  /** Does a connection that comes in at a mapping for another destination go on by that mapping? */
  readonly takesUp: boolean;
  /** Does the reply to an admitted SYN leave from the endpoint that it came to? */
  readonly binds: boolean;
  /** A new mapping may lie on another external address. */
  readonly changesAddress: boolean;
  /** Who answers a SYN that came before our own opened the filter, and how. */
  readonly earlySyn: 'dropped' | 'reset by the NAT' | 'reset by the host' | 'refused by ICMP';
  /** No SYN gets through from an endpoint where a dial of our own is unanswered (against RFC 5382 REQ-2). */
  readonly refusesCrossing: boolean;
  /** No inbound SYN ever gets through, wherever it comes from. */
  readonly inboundBlocked: boolean;
  /** Can a host that was never contacted open a connection to this one? */
  readonly reachable: boolean;
  /** Is it the filter alone that keeps it from that? */
  readonly onlyFiltered: boolean;
  readonly blocked: boolean;
}

/** RFC 5382 REQ-4. */
const ICMP_PATIENCE_MS = 6000;
/** Which servers a side reaches. */
export interface ServerSide {
  readonly broker: boolean;
  readonly relay: boolean;
  readonly stun: 'udp' | 'tcp' | 'unreachable';
}

/** MQTT has its own port, and that of HTTPS where a policy admits no other. */
const BROKER_PORTS = ['tcp/1883', 'tcp/443'] as const;
/** TURN (RFC 8656 section 5) likewise. */
const RELAY_PORTS = ['udp/3478', 'tcp/3478', 'udp/443', 'tcp/443'] as const;

const STRICTNESS: readonly Dependence[] = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'];

export function udpSide(chain: Chain): UdpSide {
  const nats = translating(chain);
  const dependent = nats.filter((nat) => nat.udp.mapping !== 'endpoint-independent');
  // Outside of the first dependent layer, one socket is several internal endpoints to every layer.
  const first = nats.findIndex((nat) => nat.udp.mapping !== 'endpoint-independent');
  const seesSeveral = first === -1 ? [] : nats.slice(first);
  return {
    mapping: strictest(nats.map((nat) => nat.udp.mapping)),
    filtering: strictest(nats.map((nat) => nat.udp.filtering)),
    binds: dependent.every((nat) => nat.inboundSession === 'bind'),
    wanders: dependent.some((nat) => nat.udp.mapping === 'address-and-port-dependent' && nat.inboundSession === 'none'),
    openOnEveryMapping: seesSeveral.every((nat) => nat.udp.filtering === 'endpoint-independent'),
    sharesPermission: seesSeveral.every(
      (nat) => nat.filterScope === 'host' || nat.udp.filtering === 'endpoint-independent',
    ),
    changesAddress: seesSeveral.some((nat) => nat.pooling === 'arbitrary' && nat.addresses > 1),
    ports: portRule(nats),
    search: searchRoom(nats),
    blocked: blocksPeers(chain, 'udp'),
  };
}

export function tcpSide(chain: Chain): TcpSide {
  const nats = translating(chain);
  const outermostFilter = [...nats].reverse().find((nat) => nat.tcp.filtering !== 'endpoint-independent');
  const dependent = nats.filter((nat) => nat.tcp.mapping !== 'endpoint-independent');
  const blocked = blocksPeers(chain, 'tcp');
  const inboundBlocked = blocks(chain, 'tcp-in');
  return {
    mapping: strictest(nats.map((nat) => nat.tcp.mapping)),
    filtering: strictest(nats.map((nat) => nat.tcp.filtering)),
    ports: portRule(nats),
    takesUp: nats
      .filter((nat) => nat.tcp.mapping !== 'endpoint-independent')
      .every((nat) => nat.inboundSession === 'bind' && admitsStrangeSyn(nat)),
    binds: dependent.every((nat) => nat.inboundSession === 'bind'),
    changesAddress: dependent.some((nat) => nat.pooling === 'arbitrary' && nat.addresses > 1),
    earlySyn: inboundBlocked ? 'dropped' : earlySyn(outermostFilter),
    refusesCrossing: inboundBlocked || nats.some((nat) => !nat.tcp.simultaneousOpen),
    inboundBlocked,
    onlyFiltered: nats.every(({ translation }) => translation !== 'napt'),
    reachable: nats.length === 0 && !blocked && !inboundBlocked,
    blocked,
  };
}

export function serverSide(chain: Chain): ServerSide {
  return {
    broker: BROKER_PORTS.some((port) => letsOut(chain, port)),
    relay: RELAY_PORTS.some((port) => letsOut(chain, port)),
    stun: letsOut(chain, 'udp/3478') ? 'udp' : letsOut(chain, 'tcp/3478') ? 'tcp' : 'unreachable',
  };
}

/** One phrase for people. */
export function describeSide(chain: Chain): string {
  const nats = translating(chain);
  const blocked = new Set(chain.flatMap((nat) => nat.blocks));
  const udp = udpSide(chain);
  const tcp = tcpSide(chain);
  const translates = nats.some(({ translation }) => translation === 'napt');
  const mapping = translates ? `${udp.mapping} mapping` : 'a firewall (RFC 6092)';
  const parts = nats.length === 0 ? ['no NAT'] : [`${mapping}, ${udp.filtering} filtering`];
  if (nats.length > 1) parts[0] += ` (${nats.length} ${translates ? 'NATs' : 'of them'} in effect)`;
  if (nats.length > 0 && tcp.mapping !== udp.mapping) parts.push(`${tcp.mapping} mapping of TCP`);
  if (chain.some(({ translation }) => translation === 'nptv6')) parts.push('prefix translation (RFC 6296)');
  if (blocked.size > 0) parts.push(`${[...blocked].join(', ')} blocked`);
  for (const { allow } of chain)
    if (allow !== 'everything') parts.push(`only ${allow.join(', ') || 'nothing'} let out`);
  return parts.join(', ');
}

/** At a mapping that has not sent there. */
function admitsStrangeSyn({ tcp, filterScope }: NatBehaviour): boolean {
  return tcp.filtering === 'endpoint-independent' || filterScope === 'host';
}

function earlySyn(outermostFilter: NatBehaviour | undefined): TcpSide['earlySyn'] {
  // Nothing filters: the SYN reaches a host that has no socket for it yet, and RFC 9293 section 3.10.7.1 answers.
  if (!outermostFilter) return 'reset by the host';
  const { unsolicited, icmpDelayMs } = outermostFilter.tcp;
  if (unsolicited === 'reset') return 'reset by the NAT';
  // After so long the peer's own SYN has opened the filter, and there is nothing to refuse any more.
  return unsolicited === 'icmp' && icmpDelayMs < ICMP_PATIENCE_MS ? 'refused by ICMP' : 'dropped';
}

/** What translates ports or filters: a firewall is a NAT that maps every endpoint to itself (RFC 6092). */
function translating(chain: Chain): Chain {
  return chain.flatMap((nat) => {
    if (nat.translation === 'napt') return nat;
    return nat.firewall ? { ...nat, udp: mappingToItself(nat.udp), tcp: mappingToItself(nat.tcp) } : [];
  });
}

function mappingToItself<T extends { readonly mapping: Dependence }>(transport: T): T {
  return { ...transport, mapping: 'endpoint-independent' };
}

/** Has what is behind it other addresses outside? */
export function isTranslating({ translation }: NatBehaviour): boolean {
  return translation === 'napt' || translation === 'nptv6';
}

function blocks(chain: Chain, block: Block): boolean {
  return chain.some((nat) => nat.blocks.includes(block));
}

/** A peer's port is none of the few that a list names. */
function blocksPeers(chain: Chain, transport: 'udp' | 'tcp'): boolean {
  return blocks(chain, transport) || chain.some(({ allow }) => allow !== 'everything');
}

function letsOut(chain: Chain, port: AllowedPort): boolean {
  const transport = port.startsWith('udp') ? 'udp' : 'tcp';
  return !blocks(chain, transport) && chain.every(({ allow }) => allow === 'everything' || allow.includes(port));
}

function strictest(values: readonly Dependence[]): Dependence {
  return STRICTNESS[Math.max(0, ...values.map((value) => STRICTNESS.indexOf(value)))]!;
}
