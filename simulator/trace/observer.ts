import type { MappingInfo } from '../nat/environment.ts';
import type { Packet } from '../packet.ts';

/** A machine of a world, as a trace names it. */
export interface Device {
  /** Unique in its world. */
  readonly name: string;
  /** Unique and dense in its world, by order of creation. */
  readonly index: number;
}

/**
 * What can happen to a packet. `sent` opens its life, `delivered` or `dropped` ends it; `translated` is a forwarding
 * that rewrote the header, which is the new one by then. `duplicated` opens the life of a copy, `fragmented` that of a
 * further fragment of a packet that was cut; `joined` ends the life of a fragment that went into the first one.
 */
export type PacketEvent =
  | 'sent'
  | 'forwarded'
  | 'translated'
  | 'delivered'
  | 'dropped'
  | 'duplicated'
  | 'fragmented'
  | 'joined';

export type MappingEvent = 'created' | 'expired' | 'reset' | 'icmp-error' | 'evicted' | 'flushed' | 'withdrawn';

export type HostEventDetail = Readonly<Record<string, string | number | boolean>>;

/**
 * Hears of everything that happens in a world, in order. It must not touch the world: with or without an observer a
 * run is the same.
 */
export interface Observer {
  /**
   * @param packet the live packet: copy what you keep
   * @param reason why it was dropped, else empty
   */
  packet(timeUs: number, device: Device, event: PacketEvent, packet: Packet, reason: string): void;
  mapping(timeUs: number, device: Device, event: MappingEvent, mapping: MappingInfo): void;
  hostEvent(timeUs: number, device: Device, name: string, detail: HostEventDetail): void;
}
