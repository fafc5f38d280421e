/**
 * The one vocabulary for what a NAT does, in the words of RFC 4787, 5382, 5508, 7857 and 6888. The simulator obeys it,
 * discovery infers it, the oracle reasons about it and a scenario file writes it. Every axis is free of every other.
 * All durations are integer milliseconds here.
 */

import type { PortMappingService } from './port-mapping-service.ts';

export type { PortMappingFault, PortMappingProtocol, PortMappingService } from './port-mapping-service.ts';

/** RFC 4787 sections 4.1 and 5: what a mapping or a filter depends on besides the internal endpoint. */
export type Dependence = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent';

/**
 * How the external port of a new mapping is chosen. `preserving` keeps the internal port, `offset` adds a constant to it,
 * and both fall back to a random one on collision; `sequential` adds `step` to the last external port;
 * `local-sequential` does that only if the internal port follows that of the last mapping, and else draws; `block` draws
 * within the block of `blockSize` ports that belongs to the internal host (RFC 7422).
 */
export const ALLOCATIONS = ['preserving', 'offset', 'sequential', 'local-sequential', 'random', 'block'] as const;

export type Allocation = (typeof ALLOCATIONS)[number];

export interface PortAllocation {
  readonly allocation: Allocation;
  /** For `offset`: from the internal to the external port, wrapped within the range. May be negative, never 0. */
  readonly offset: number;
  /** For `sequential` and `local-sequential`: may be negative, never 0. */
  readonly step: number;
  /** First and last external port. */
  readonly range: readonly [number, number];
  /** RFC 4787 REQ-4: an even port maps to an even one. */
  readonly parity: boolean;
  readonly blockSize: number;
  /** Mappings per second that foreign hosts behind the same NAT create, seeded. */
  readonly contention: number;
  /**
   * RFC 7857 section 3: may one external port serve several internal endpoints whose remote endpoints differ? A mapping
   * that then meets a remote endpoint which its port already serves for another goes there by a mapping of that remote
   * endpoint alone, as Linux masquerading does.
   */
  readonly overlapping: boolean;
}

/**
 * RFC 4787 section 8, against REQ-11: a mapping behaviour that a NAT changes to, for all protocols alike. Sessions that
 * are open stay as they are.
 */
export interface SecondaryBehaviour {
  readonly mapping: Dependence;
  /** For an internal endpoint whose port cannot be preserved because it is in use. */
  readonly onCollision: boolean;
  /** For every new session while the NAT has at least so many live mappings; 0 = never. */
  readonly underLoad: number;
}

/**
 * A firewall that shuts out who scans it. Inbound packets that no mapping or filter admits count, once for each external
 * port that they go to.
 */
export interface ScanGuard {
  /** So many distinct ports within the window make a scanner of a remote address; 0 = there is no guard. */
  readonly probes: number;
  readonly windowMs: number;
  /** How long nothing that comes from the address is let in, whatever it belongs to. */
  readonly blockMs: number;
}

export interface UdpBehaviour {
  readonly mapping: Dependence;
  readonly filtering: Dependence;
  /** A mapping without traffic dies after this. */
  readonly timeoutMs: number;
  /**
   * RFC 4787 section 4.3: which direction keeps a mapping alive. With `all` even a packet does that the filter refuses,
   * or an ICMP error (against RFC 7857 section 7 and RFC 5508 REQ-6).
   */
  readonly refresh: 'outbound' | 'inbound' | 'both' | 'all';
}

export interface TcpBehaviour {
  readonly mapping: Dependence;
  readonly filtering: Dependence;
  /** The answer to a SYN that no mapping or filter admits. */
  readonly unsolicited: 'drop' | 'reset' | 'icmp';
  /** How long `icmp` waits for an outbound SYN that makes it needless; a firewall that rejects waits for none. */
  readonly icmpDelayMs: number;
  /** RFC 5382 REQ-2: is an inbound SYN let through while our own SYN is unanswered? */
  readonly simultaneousOpen: boolean;
  /**
   * RFC 7857 section 2.2: does a mapping outlive an RST by the closing timer, or end with it? With `ignore` an RST is
   * one more packet of a connection that goes on.
   */
  readonly afterReset: 'hold' | 'remove' | 'ignore';
  readonly establishedMs: number;
  /** Of a connection that is being opened (RFC 5382 REQ-5). */
  readonly transitoryMs: number;
  /** Of one that is being closed, which may have a timer of its own (RFC 7857 section 2.1). */
  readonly closingMs: number;
}

/** ICMP queries (RFC 5508 section 3). Identifiers are given out as `ports` says of ports. */
export interface IcmpBehaviour {
  /** A query has no remote port that a mapping could depend on. */
  readonly mapping: QueryDependence;
  readonly filtering: QueryDependence;
  /** A query session without requests dies after this (REQ-2), and a mapping with its last session (RFC 7857 section 11). */
  readonly timeoutMs: number;
  /** Does an ICMP error end the mapping of any protocol that it is about? RFC 4787 REQ-12 and RFC 5508 REQ-6 forbid it. */
  readonly errorEndsMapping: boolean;
}

/** The same without ports. */
export type QueryDependence = Exclude<Dependence, 'address-and-port-dependent'>;

/** What the box refuses to forward, either way. `tcp-in` refuses every inbound SYN, mapped or not. */
export type Block = 'udp' | 'tcp' | 'tcp-in' | 'icmp';

/** A destination that an outbound policy admits, such as `tcp/443`. */
export type AllowedPort = `${'udp' | 'tcp'}/${number}`;

export interface NatBehaviour {
  /**
   * `none` is a plain router: hosts behind it have public addresses. For IPv6 only: `nptv6` gives the hosts' prefix
   * another one and nothing else (RFC 6296); `nat64` lets hosts reach IPv4 through a NAT, and routes IPv6 (RFC 6146).
   */
  readonly translation: 'napt' | 'none' | 'nptv6' | 'nat64';
  /**
   * Is what comes in filtered although its port is not translated, as RFC 6092 has it for IPv6? `filtering`, the timers
   * and the rest hold as for a NAT; without, everything comes in. A NAT that translates ports always filters.
   */
  readonly firewall: boolean;
  readonly ports: PortAllocation;
  readonly secondary: SecondaryBehaviour;
  /** RFC 4787 REQ-2: does a host keep one external address (`paired`) when the NAT has several? */
  readonly pooling: 'paired' | 'arbitrary';
  /** External addresses of the NAT. */
  readonly addresses: number;
  /** RFC 4787 section 6. */
  readonly hairpin: 'none' | 'internal-source' | 'external-source';
  /**
   * Does an inbound packet that the filter admitted bind its replies to the mapping it came in on (as Linux conntrack
   * does), or do replies get a mapping of their own where mapping depends on the destination?
   */
  readonly inboundSession: 'none' | 'bind';
  /**
   * Does an inbound packet that nothing admits leave an entry, by which its sender occupies the external port? A mapping
   * with that port then has to go to this sender from another one, as Linux does where no firewall drops such packets.
   */
  readonly inboundFirst: 'none' | 'clash';
  /** Is permission kept for each mapping, or shared by all mappings of an internal host? */
  readonly filterScope: 'mapping' | 'host';
  readonly udp: UdpBehaviour;
  readonly tcp: TcpBehaviour;
  readonly icmp: IcmpBehaviour;
  readonly limits: {
    /** Live mappings of the NAT; 0 = as many as there are ports. */
    readonly mappings: number;
    /** Live mappings of one internal host; 0 = unlimited (RFC 6888 REQ-4). */
    readonly perHost: number;
    /** RFC 6888 REQ-8: how long a freed port is not given to another host. */
    readonly reuseHoldMs: number;
    /** New outbound sessions per second of one internal host, with a burst of as many; 0 = unlimited (RFC 6888 REQ-4B). */
    readonly sessionRate: number;
    /**
     * What becomes of a packet that needs a mapping when there is none to be had: an ICMP error tells its sender (host
     * unreachable: RFC 6888 REQ-11b, prohibited: RFC 5508 REQ-8), or it is dropped in silence, or the mapping goes that
     * would expire first (against RFC 6888 REQ-11c).
     */
    readonly exhausted: 'host-unreachable' | 'administratively-prohibited' | 'drop' | 'evict';
  };
  readonly scanGuard: ScanGuard;
  readonly blocks: readonly Block[];
  /**
   * Outbound policy, the other way round: the destination ports that inside hosts may send to. Nothing else leaves, not
   * even an answer to what came in. ICMP errors leave if they are about a packet from such a port.
   */
  readonly allow: 'everything' | readonly AllowedPort[];
  /** The port mappings and IPv6 pinholes that hosts inside may ask for. A reboot loses them. */
  readonly portMapping: PortMappingService;
}

type Sparse<T> = { readonly [K in keyof T]?: T[K] };

/** A behaviour as people write it: what is left out takes its default, `mapping` and `filtering` hold for UDP and TCP. */
export interface NatDescription {
  readonly translation?: NatBehaviour['translation'];
  readonly firewall?: boolean;
  readonly mapping?: Dependence;
  readonly filtering?: Dependence;
  readonly ports?: Sparse<PortAllocation>;
  readonly secondary?: Sparse<SecondaryBehaviour>;
  readonly pooling?: NatBehaviour['pooling'];
  readonly addresses?: number;
  readonly hairpin?: NatBehaviour['hairpin'];
  readonly inboundSession?: NatBehaviour['inboundSession'];
  readonly inboundFirst?: NatBehaviour['inboundFirst'];
  readonly filterScope?: NatBehaviour['filterScope'];
  readonly udp?: Sparse<UdpBehaviour>;
  readonly tcp?: Sparse<TcpBehaviour>;
  readonly icmp?: Sparse<IcmpBehaviour>;
  readonly limits?: Sparse<NatBehaviour['limits']>;
  readonly scanGuard?: Sparse<ScanGuard>;
  readonly blocks?: readonly Block[];
  readonly allow?: NatBehaviour['allow'];
  readonly portMapping?: Sparse<NatBehaviour['portMapping']>;
}

/** The defaults are what RFC 4787 and 5382 require, with port-restricted filtering, which is the commonest. */
export const DEFAULT_BEHAVIOUR: NatBehaviour = {
  translation: 'napt',
  firewall: false,
  ports: {
    allocation: 'preserving',
    offset: 1000,
    step: 1,
    range: [1024, 65535],
    parity: false,
    blockSize: 512,
    contention: 0,
    overlapping: false,
  },
  secondary: { mapping: 'address-and-port-dependent', onCollision: false, underLoad: 0 }, // RFC 4787 REQ-11
  pooling: 'paired',
  addresses: 1,
  hairpin: 'none',
  inboundSession: 'none',
  inboundFirst: 'none',
  filterScope: 'mapping',
  udp: {
    mapping: 'endpoint-independent',
    filtering: 'address-and-port-dependent',
    timeoutMs: 120_000, // RFC 4787 REQ-5
    refresh: 'outbound', // RFC 4787 REQ-6
  },
  tcp: {
    mapping: 'endpoint-independent',
    filtering: 'address-and-port-dependent',
    unsolicited: 'drop',
    icmpDelayMs: 6000, // RFC 5382 REQ-4
    simultaneousOpen: true, // RFC 5382 REQ-2
    afterReset: 'hold', // RFC 7857 section 2.2
    establishedMs: 7_440_000, // RFC 5382 REQ-5: 2 h 4 min
    transitoryMs: 240_000, // RFC 5382 REQ-5: 4 min
    closingMs: 240_000, // RFC 7857 section 2.1
  },
  icmp: {
    mapping: 'endpoint-independent', // RFC 5508 REQ-1a
    filtering: 'address-dependent',
    timeoutMs: 60_000, // RFC 5508 REQ-2
    errorEndsMapping: false,
  },
  limits: {
    mappings: 0,
    perHost: 0,
    reuseHoldMs: 120_000, // RFC 6888 REQ-8
    sessionRate: 0,
    exhausted: 'host-unreachable', // RFC 6888 REQ-11
  },
  scanGuard: { probes: 0, windowMs: 10_000, blockMs: 60_000 },
  blocks: [],
  allow: 'everything',
  portMapping: { protocols: [], faults: [] },
};

/** Lays one description over another; the upper one wins field by field. */
export function extendDescription(base: NatDescription, upper: NatDescription): NatDescription {
  const merged: Record<string, unknown> = { ...perTransport(base) };
  for (const [key, value] of Object.entries(perTransport(upper))) {
    const below = merged[key];
    const both = isRecord(value) && isRecord(below);
    merged[key] = both ? { ...below, ...value } : value;
  }
  return merged as NatDescription;
}

/** Completes a description from the defaults. */
export function resolveBehaviour(description: NatDescription): NatBehaviour {
  return extendDescription(DEFAULT_BEHAVIOUR, description) as NatBehaviour;
}

/** `mapping` and `filtering` hold for UDP and TCP, but for what is said of one of them alone. */
function perTransport({ mapping, filtering, udp, tcp, ...rest }: NatDescription): NatDescription {
  const both = { ...(mapping && { mapping }), ...(filtering && { filtering }) };
  return { ...rest, udp: { ...both, ...udp }, tcp: { ...both, ...tcp } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
