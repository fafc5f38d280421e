import type { Dependence, NatBehaviour } from '../../core/nat/behaviour.ts';
import type { NatSite } from './nat-site.ts';

export type Transport = 'udp' | 'tcp';

/** How the kernel is to be told to treat one protocol: what conntrack does by itself, and what takes tables of ours. */
export interface ProtocolPlan {
  readonly transport: Transport;
  readonly mapping: Dependence;
  readonly filtering: Dependence;
  /** Does what one mapping has sent open the filter for every mapping of the (single) host? */
  readonly hostWide: boolean;
  /** A table of mappings: conntrack alone draws a port for every flow, unless it can keep the internal one. */
  readonly remembersPorts: boolean;
  /** A table of permissions: conntrack alone lets in answers only, and forgets a session that an RST ends. */
  readonly admitsByTable: boolean;
  /** An internal port that is in use outside is not preserved a second time. */
  readonly avoidsUsedPorts: boolean;
  /** Of an idle entry, in whole seconds. */
  readonly timeoutS: number;
  /** Do inbound packets keep an entry alive, too? */
  readonly inboundRefreshes: boolean;
}

/**
 * A firewall as a NAT whose mappings all lead to themselves: there are none to remember, and no port is in use before its
 * owner uses it.
 */
export function asFirewall(behaviour: NatBehaviour): NatBehaviour {
  return {
    ...behaviour,
    ports: { ...behaviour.ports, allocation: 'preserving', overlapping: true },
    hairpin: 'none', // Only what crosses is filtered.
    udp: { ...behaviour.udp, mapping: 'endpoint-independent' },
    tcp: { ...behaviour.tcp, mapping: 'endpoint-independent' },
  };
}

/** Undefined: the protocol is not forwarded at all. */
export function planProtocol(behaviour: NatBehaviour, site: NatSite, transport: Transport): ProtocolPlan | undefined {
  if (behaviour.blocks.includes(transport)) return undefined;
  const { ports, filterScope, udp, tcp } = behaviour;
  const { mapping, filtering } = behaviour[transport];
  const independent = mapping === 'endpoint-independent';
  // An RST ends a session that was never answered in the kernel: what outlives it has to be in tables.
  const outlivesReset = transport === 'tcp' && tcp.afterReset === 'hold';
  const contested = !independent || site.insideHosts > 1;
  const avoidsUsedPorts = ports.allocation === 'preserving' && !ports.overlapping && contested;
  const hostWide = filterScope === 'host' && filtering !== 'endpoint-independent';
  return {
    transport,
    mapping,
    filtering,
    hostWide,
    remembersPorts: independent
      ? ports.allocation !== 'preserving' || avoidsUsedPorts
      : mapping === 'address-dependent' || outlivesReset,
    // No packet that is turned round is an answer by conntrack's lights: it comes from inside.
    admitsByTable:
      filtering !== 'address-and-port-dependent' || hostWide || outlivesReset || behaviour.hairpin !== 'none',
    avoidsUsedPorts,
    timeoutS: Math.ceil((transport === 'udp' ? udp.timeoutMs : tcp.transitoryMs) / 1000),
    inboundRefreshes: transport === 'tcp' || udp.refresh !== 'outbound',
  };
}
