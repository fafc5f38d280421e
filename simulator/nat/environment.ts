import type { Random, Timer } from '../../core/ports/index.ts';
import type { AddressId, Packet, Protocol } from '../packet.ts';

/** A mapping as an observer sees it. */
export interface MappingInfo {
  readonly protocol: Protocol;
  readonly internal: AddressId;
  readonly internalPort: number;
  readonly external: AddressId;
  readonly externalPort: number;
  /** Of the first packet. Only part of the key where mapping depends on it. */
  readonly remote: AddressId;
  readonly remotePort: number;
}

/** What the tables of a NAT or a firewall may touch of the world. */
export interface StateEnvironment {
  /** Microseconds. */
  now(): number;
  after(delayUs: number, task: () => void): Timer;
  readonly random: Random;
  nextPacketId(): number;
  mappingCreated(mapping: MappingInfo): void;
  mappingRemoved(
    mapping: MappingInfo,
    reason: 'expired' | 'reset' | 'icmp-error' | 'evicted' | 'flushed' | 'withdrawn',
  ): void;
}

/**
 * What a NAT may touch of the world. It owns no clock, no socket and no link, so it can be driven packet by packet by
 * a test as well as by a router.
 */
export interface NatEnvironment extends StateEnvironment {
  /** Forwards towards the public side. */
  sendOutside(packet: Packet): void;
  /** Forwards towards the inside. */
  sendInside(packet: Packet): void;
  /** The packet ends here. `reason` names the rule that killed it, e.g. `filter: address-and-port-dependent`. */
  drop(packet: Packet, reason: string): void;
}
