import type { AllowedPort, NatBehaviour } from '../../core/nat/behaviour.ts';
import { type Packet, type Protocol, TCP, UDP } from '../packet.ts';
import type { DropReason } from './drop-reasons.ts';

type Policy = Pick<NatBehaviour, 'blocks' | 'allow'>;

/** Why the box lets no such packet out; undefined: it does. */
export function outboundRefusal({ blocks, allow }: Policy, packet: Packet): DropReason | undefined {
  if (packet.protocol === UDP && blocks.includes('udp')) return 'policy: udp blocked';
  if (packet.protocol === TCP && blocks.includes('tcp')) return 'policy: tcp blocked';
  return allow === 'everything' || isAllowed(allow, packet) ? undefined : 'policy: port not allowed';
}

function isAllowed(allow: readonly AllowedPort[], { protocol, destinationPort, icmp }: Packet): boolean {
  // What an error is about came from that port.
  if (icmp) return allow.includes(allowedPort(icmp.quote.protocol, icmp.quote.sourcePort));
  return allow.includes(allowedPort(protocol, destinationPort));
}

function allowedPort(protocol: Protocol, port: number): AllowedPort {
  return `${protocol === TCP ? 'tcp' : 'udp'}/${port}`;
}
