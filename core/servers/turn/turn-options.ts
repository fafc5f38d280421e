import type { Endpoint } from '../../net/endpoint.ts';
import { canonicalAddress, isUnspecified } from '../../net/ip.ts';
import type { RateLimit } from '../../signal/token-bucket.ts';
import { AddressPairs } from '../address-pairs.ts';
import type { FramedTcpOptions } from '../stun/framed-tcp.ts';
import { isPublicPeer } from './peer-policy.ts';

export interface TurnServerOptions {
  /** Where clients come in, over UDP and TCP. */
  readonly endpoint: Endpoint;
  readonly realm: string;
  /** Passwords by username. Beyond ASCII both must have been prepared (OpaqueString, RFC 8265). */
  readonly users: ReadonlyMap<string, string>;
  /** Addresses to relay from, at most one of each family. @default the address of `endpoint` */
  readonly relayAddresses?: readonly string[];
  /**
   * By relayed address, the one that others see in its place: behind a NAT that maps addresses one to one, and ports not
   * at all, as clouds have it. @default they are the same
   */
  readonly publicAddresses?: ReadonlyMap<string, string>;
  /** First and last relayed port. @default [49152, 65535] (RFC 8656 section 7.2) */
  readonly relayPorts?: readonly [number, number];
  /** Lifetime of an allocation whose client asks for none or a shorter one. @default 600,000 */
  readonly defaultLifetimeMs?: number;
  /** @default 3,600,000 */
  readonly maxLifetimeMs?: number;
  /** @default 3,600,000 */
  readonly nonceLifetimeMs?: number;
  /** Allocations and reserved ports in all. @default 1,000 */
  readonly maxAllocations?: number;
  /** @default 100 */
  readonly maxAllocationsPerUser?: number;
  /** Of clients with one IPv4 address, or in one IPv6 /64: users may share their name. @default 100 */
  readonly maxAllocationsPerAddress?: number;
  /** Relayed for one allocation, both ways together; what is more gets lost. 0: no limit. @default 0 */
  readonly maxBytesPerSecond?: number;
  /** Requests of one source that are answered. @default every one */
  readonly requestLimit?: RateLimit | undefined;
  /** Permissions, and likewise channels, of one allocation. @default 64 */
  readonly maxPeers?: number;
  /**
   * May clients exchange data with this address? Relayed addresses of this server always may be reached.
   * @default every address of the Internet: none that is private, link-local, loopback, multicast or reserved
   */
  readonly allowPeer?: (address: string) => boolean;
  /** @default that of the framing, but with messages as long as there can be */
  readonly tcp?: FramedTcpOptions;
}

export interface ResolvedTurnOptions
  extends Required<Omit<TurnServerOptions, 'requestLimit' | 'publicAddresses'>>,
    Pick<TurnServerOptions, 'requestLimit'> {
  readonly addresses: AddressPairs;
}

const LONGEST_MESSAGE = 20 + 0xffff;

/** @throws RangeError if there is no address to relay from */
export function resolveTurnOptions(options: TurnServerOptions): ResolvedTurnOptions {
  const relayAddresses = (options.relayAddresses ?? [options.endpoint.address]).map(canonicalAddress);
  if (relayAddresses.length === 0 || relayAddresses.some(isUnspecified)) {
    throw new RangeError('a TURN server needs to know the addresses that it relays from');
  }
  return {
    relayPorts: [49_152, 65_535],
    defaultLifetimeMs: 600_000,
    maxLifetimeMs: 3_600_000,
    nonceLifetimeMs: 3_600_000,
    maxAllocations: 1000,
    maxAllocationsPerUser: 100,
    maxAllocationsPerAddress: 100,
    maxBytesPerSecond: 0,
    maxPeers: 64,
    allowPeer: isPublicPeer,
    ...options,
    relayAddresses,
    addresses: new AddressPairs(options.publicAddresses),
    tcp: { maxMessage: LONGEST_MESSAGE, ...options.tcp },
  };
}
