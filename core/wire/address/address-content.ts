import type { Endpoint } from '../../net/endpoint.ts';

export const MAPPING_TRAITS = [
  'unknown',
  'none',
  'endpoint-independent',
  'address-dependent',
  'address-and-port-dependent',
] as const;
export const FILTERING_TRAITS = [
  'unknown',
  'endpoint-independent',
  'address-dependent',
  'address-and-port-dependent',
] as const;
export const ALLOCATION_TRAITS = ['unknown', 'preserving', 'sequential', 'random'] as const;

/** RFC 4787 section 4.1. `none`: nothing translates on the way, the local address is the external one. */
export type MappingTrait = (typeof MAPPING_TRAITS)[number];
/** RFC 4787 section 5. A firewall filters without translating, so this says something beside a mapping of `none`. */
export type FilteringTrait = (typeof FILTERING_TRAITS)[number];
/** How the external port of the next mapping is chosen; `sequential` may hold only where local ports follow each other. */
export type AllocationTrait = (typeof ALLOCATION_TRAITS)[number];

/** What stands between an interface and the Internet, for one transport protocol, as far as the node found out. */
export interface NatTraits {
  readonly mapping: MappingTrait;
  readonly filtering: FilteringTrait;
  readonly allocation: AllocationTrait;
  /** From one external port to the next, -32,768 to 32,767. Not 0 where allocation is `sequential`, else 0. */
  readonly step: number;
}

export const UNKNOWN_NAT: NatTraits = { mapping: 'unknown', filtering: 'unknown', allocation: 'unknown', step: 0 };

export interface AddressTransport {
  readonly nat: NatTraits;
  /** The port that listens on the interface's own address. Absent: none does. */
  readonly port?: number;
  /** The port of the external address that leads to `port`. Absent: none is known to. */
  readonly externalPort?: number;
}

/** One address of one interface. An interface with addresses of both families has an entry for each. */
export interface AddressInterface {
  /** The node's own number for the interface, 0 to 255, the same in all of its entries. */
  readonly index: number;
  /** The interface's own address, in canonical form. */
  readonly address: string;
  /** Of the subnet: tells a peer in the same one. */
  readonly prefixLength: number;
  /** The address that the Internet sees, of the same family. Absent: not known. */
  readonly external?: string;
  readonly udp: AddressTransport;
  readonly tcp: AddressTransport;
}

/** What a node tells others about how to reach it. */
export interface AddressContent {
  /** 33 bytes, SEC 1 compressed point of P-256: who the node is. */
  readonly publicKey: Uint8Array;
  /** By the node's own clock, Unix time in ms. Of two addresses of a node the later one counts. */
  readonly issuedAtMs: number;
  /** Unix time in ms, whole seconds after `issuedAtMs`: from then on nobody goes by it. Absent: never. */
  readonly expiresAtMs?: number;
  /** Best first, 16 at most. */
  readonly interfaces: readonly AddressInterface[];
  /** Where it listens for signals, best first, 3 at most. */
  readonly brokers: readonly Endpoint[];
}
