import type { Packet } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';

/**
 * One protocol's half of the NAT. Both directions rewrite the packet in place, or leave it as it is and answer why it
 * must be dropped.
 */
export interface Translator {
  outbound(packet: Packet, now: number): DropReason | undefined;
  inbound(packet: Packet, now: number): DropReason | undefined;
}
