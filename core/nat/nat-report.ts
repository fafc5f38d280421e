import type { Endpoint } from '../net/endpoint.ts';
import type { Dependence } from './behaviour.ts';
import type { ChainReport } from './chain.ts';
import type { Finding } from './finding.ts';
import type { MappingDependence } from './mapping-verdict.ts';
import type { MappingSample, PortReport } from './port-report.ts';

/** Where a packet arrives from that was sent to a neighbour's mapped endpoint; `none`: it does not (RFC 4787 section 6). */
export type HairpinKind = 'none' | 'internal-source' | 'external-source';

/** What holds for TCP. Filtering can't be tested: nobody dials back. */
export interface TcpReport {
  /** Unknown may mean blocked as well as that no server speaks STUN over TCP. */
  readonly tcp: Finding<'reachable'>;
  readonly translation: Finding<'napt' | 'none'>;
  readonly mapping: Finding<MappingDependence>;
  /** Of one local port, in the order that the NAT had to map them. */
  readonly mappings: readonly MappingSample[];
  readonly ports: PortReport;
}

/**
 * The NATs and firewalls in front of a host as seen from outside, all of them together. What is not under `tcp` holds
 * for UDP. It was true at the moment of the test: RFC 5780 section 4.1 lists what may change it.
 */
export interface NatReport {
  /** The STUN server whose answers count; the first one if none answered. */
  readonly server: Endpoint;
  /** The server's other address and port (RFC 5780 section 7.4), if it has both. */
  readonly alternate: Endpoint | undefined;
  readonly udp: Finding<'reachable' | 'blocked'>;
  /** `none`: the server sees the address and port that the socket really has. */
  readonly translation: Finding<'napt' | 'none'>;
  readonly mapping: Finding<MappingDependence>;
  readonly filtering: Finding<Dependence>;
  /** Is the external port the internal one, towards every destination? */
  readonly portPreserved: Finding<boolean>;
  readonly ports: PortReport;
  readonly hairpin: Finding<HairpinKind>;
  readonly chain: ChainReport;
  readonly tcp: TcpReport;
  /** Local port of the socket that mapping and filtering were tested from. */
  readonly localPort: number;
  /** One for each destination, in the order that the NAT had to map them. */
  readonly mappings: readonly MappingSample[];
  /** Shortest round trip to the server, in microseconds. */
  readonly rttUs: number | undefined;
  /** How long the tests took, in milliseconds. */
  readonly tookMs: number;
}

/** The kinds of RFC 3489 section 5 and 10.1. */
export type ClassicNat =
  | 'open'
  | 'symmetric-udp-firewall'
  | 'full-cone'
  | 'restricted-cone'
  | 'port-restricted-cone'
  | 'symmetric'
  | 'udp-blocked'
  | 'unknown';

const CONES: Readonly<Record<Dependence, ClassicNat>> = {
  'endpoint-independent': 'full-cone',
  'address-dependent': 'restricted-cone',
  'address-and-port-dependent': 'port-restricted-cone',
};

export type Behaviour = Pick<NatReport, 'udp' | 'translation' | 'mapping' | 'filtering'>;

/** The nearest classic name. It loses detail: every endpoint-dependent mapping is `symmetric` whatever it filters. */
export function classicNat({ udp, translation, mapping, filtering }: Behaviour): ClassicNat {
  if (udp.value === 'blocked') return 'udp-blocked';
  if (mapping.value === 'unknown') return 'unknown';
  if (mapping.value !== 'endpoint-independent') return 'symmetric';
  if (filtering.value === 'unknown' || translation.value === 'unknown') return 'unknown';
  if (translation.value === 'napt') return CONES[filtering.value];
  return filtering.value === 'endpoint-independent' ? 'open' : 'symmetric-udp-firewall';
}

/**
 * How the next external port follows from what is known, in the words of the first port predictors: `equal` to the
 * local port; `preserving` the differences between local ports; a constant step from the last mapping whatever the
 * local port (`independent`), or only when the local port grew by one as well (`dependent`); `random`.
 */
export type DeltaType = 'not-applicable' | 'equal' | 'preserving' | 'independent' | 'dependent' | 'random' | 'unknown';

const DELTAS = {
  preserving: 'equal',
  offset: 'preserving',
  sequential: 'independent',
  'local-sequential': 'dependent',
  random: 'random',
  block: 'random',
  unknown: 'unknown',
} as const;

/** Of one protocol: give it a {@link NatReport} or its `tcp`. */
export function deltaType({ translation, ports }: Pick<TcpReport, 'translation' | 'ports'>): DeltaType {
  return translation.value === 'none' ? 'not-applicable' : DELTAS[ports.allocation.value];
}

/** In the terms of RFC 4787, such as `endpoint-independent mapping, address-dependent filtering`. */
export function describeNat({ udp, translation, mapping, filtering }: Behaviour): string {
  if (udp.value !== 'reachable') return udp.value === 'blocked' ? 'UDP blocked' : 'UDP reachability unknown';
  const first = translation.value === 'none' ? 'no translation' : `${mapping.value} mapping`;
  return `${first}, ${filtering.value} filtering`;
}
