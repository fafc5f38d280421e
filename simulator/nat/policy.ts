import type { AllowedPort, NatBehaviour } from '../../core/nat/behaviour.ts';
import { ICMP, type Packet, type Protocol, TCP, UDP } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';

type Policy = Pick<NatBehaviour, 'blocks' | 'allow'>;

/** Why the box lets no such packet out; undefined: it does. */
export function outboundRefusal({ blocks, allow }: Policy, packet: Packet): DropReason | undefined {
  if (packet.protocol === UDP && blocks.includes('udp')) return 'policy: udp blocked';
  if (packet.protocol === TCP && blocks.includes('tcp')) return 'policy: tcp blocked';
  if (packet.protocol === ICMP && blocks.includes('icmp')) return 'policy: icmp blocked';
  return allow === 'everything' || isAllowed(allow, packet) ? undefined : 'policy: port not allowed';
}

function isAllowed(allow: readonly AllowedPort[], { protocol, destinationPort, icmp }: Packet): boolean {
  // What an error is about came from that port.
  if (icmp) return includes(allow, icmp.quote.protocol, icmp.quote.sourcePort);
  return includes(allow, protocol, destinationPort);
}

function includes(allow: readonly AllowedPort[], protocol: Protocol, port: number): boolean {
  return protocol !== ICMP && allow.includes(`${protocol === TCP ? 'tcp' : 'udp'}/${port}`);
}
