import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { DropReason } from '../nat/drop-reasons.ts';
import { outboundRefusal } from '../nat/policy.ts';
import { ACK, ICMP, type Packet, SYN, TCP, UDP } from '../packet.ts';

/** Why a router that does not translate refuses a packet; undefined: it does not. A NAT sees to its own. */
export function policyRefusal(behaviour: NatBehaviour, packet: Packet, inbound: boolean): DropReason | undefined {
  if (!inbound) return outboundRefusal(behaviour, packet);
  const { blocks } = behaviour;
  const { protocol, flags } = packet;
  if (protocol === UDP && blocks.includes('udp')) return 'policy: udp blocked';
  if (protocol === ICMP && blocks.includes('icmp')) return 'policy: icmp blocked';
  if (protocol !== TCP) return undefined;
  if (blocks.includes('tcp')) return 'policy: tcp blocked';
  const opens = (flags & (SYN | ACK)) === SYN;
  return opens && blocks.includes('tcp-in') ? 'policy: tcp-in blocked' : undefined;
}
