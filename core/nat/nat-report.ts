import type { Endpoint } from '../net/endpoint.ts';
import type { Dependence } from './behaviour.ts';

/** What was found out and from what, or why it was not. Unknown is not the same as no. */
export type Finding<T> =
  | { readonly value: T; readonly evidence: string }
  | { readonly value: 'unknown'; readonly why: string };

/** How one destination saw the socket. */
export interface MappingSample {
  readonly destination: Endpoint;
  readonly mapped: Endpoint;
}

/**
 * The NATs and firewalls in front of a host as seen from outside, all of them together, for UDP. It was true at the
 * moment of the test: RFC 5780 section 4.1 lists what may change it.
 */
export interface NatReport {
  /** The STUN server that was asked. */
  readonly server: Endpoint;
  readonly udp: Finding<'reachable' | 'blocked'>;
  /** `none`: the server sees the address and port that the socket really has. */
  readonly translation: Finding<'napt' | 'none'>;
  readonly mapping: Finding<Dependence>;
  readonly filtering: Finding<Dependence>;
  /** Is the external port the internal one, towards every destination? */
  readonly portPreserved: Finding<boolean>;
  /** Local port of the socket that the tests were made from. */
  readonly localPort: number;
  /** One for each destination, in the order that the NAT had to map them. */
  readonly mappings: readonly MappingSample[];
  /** Shortest round trip to the server, in microseconds. */
  readonly rttUs: number | undefined;
  /** How long the tests took, in milliseconds. */
  readonly tookMs: number;
}

/** The four kinds of RFC 3489 section 5, and what they leave out. */
export type ClassicNat =
  | 'open'
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

/**
 * The nearest classic name. It loses detail: every endpoint-dependent mapping is `symmetric` whatever it filters, and
 * a firewall without translation has the name of the NAT that filters alike.
 */
export function classicNat(report: Pick<NatReport, 'udp' | 'translation' | 'mapping' | 'filtering'>): ClassicNat {
  const { udp, translation, mapping, filtering } = report;
  if (udp.value === 'blocked') return 'udp-blocked';
  if (mapping.value === 'unknown') return 'unknown';
  if (mapping.value !== 'endpoint-independent') return 'symmetric';
  if (filtering.value === 'unknown') return 'unknown';
  if (translation.value === 'none' && filtering.value === 'endpoint-independent') return 'open';
  return CONES[filtering.value];
}

/** In the terms of RFC 4787, such as `endpoint-independent mapping, address-dependent filtering`. */
export function describeNat(report: Pick<NatReport, 'udp' | 'translation' | 'mapping' | 'filtering'>): string {
  const { udp, translation, mapping, filtering } = report;
  if (udp.value !== 'reachable') return udp.value === 'blocked' ? 'UDP blocked' : 'UDP reachability unknown';
  const first = translation.value === 'none' ? 'no translation' : `${mapping.value} mapping`;
  return `${first}, ${filtering.value} filtering`;
}
