import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Packet } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';
import type { Translator } from './translator.ts';

/**
 * Turns an inside packet to an external address round (RFC 4787 section 6): out, then in again, filter and all. REQ-9a
 * wants it to arrive from the sender's external endpoint; some boxes let it keep the internal one.
 */
export function hairpin(
  mode: NatBehaviour['hairpin'],
  translator: Translator,
  packet: Packet,
  now: number,
): DropReason | undefined {
  if (mode === 'none') return 'nat: hairpin off';
  const { source, sourcePort } = packet;
  const refusal = translator.outbound(packet, now) ?? translator.inbound(packet, now);
  if (refusal === undefined && mode === 'internal-source') {
    packet.source = source;
    packet.sourcePort = sourcePort;
  }
  return refusal;
}
