import { ACK, FIN, type Packet, RST, SYN } from '../packet.ts';
import type { Session } from './records.ts';

const OUTBOUND_SYN = 1;
const INBOUND_SYN = 2;
const OUTBOUND_SYN_ACKED = 4;
const INBOUND_SYN_ACKED = 8;
const CLOSING = 16;
const ESTABLISHED = OUTBOUND_SYN | INBOUND_SYN | OUTBOUND_SYN_ACKED | INBOUND_SYN_ACKED;

export function isBareSyn(packet: Packet): boolean {
  return (packet.flags & (SYN | ACK | RST | FIN)) === SYN;
}

/** Both SYNs were seen and acknowledged, in whatever order, and neither FIN nor RST (RFC 5382 section 5). */
export function isEstablished(session: Session): boolean {
  return session.state === ESTABLISHED;
}

/** Our own SYN is out and nothing came back: the state in which an inbound SYN is a simultaneous open. */
export function awaitsAnswer(session: Session): boolean {
  return session.state === OUTBOUND_SYN;
}

export function observeOutbound(session: Session, packet: Packet): void {
  const { flags } = packet;
  if (flags & SYN) {
    begin(session, packet, OUTBOUND_SYN, OUTBOUND_SYN_ACKED, session.outboundSyn);
    session.outboundSyn = packet.sequence;
  }
  if (flags & ACK && session.state & INBOUND_SYN && acknowledges(packet, session.inboundSyn)) {
    session.state |= INBOUND_SYN_ACKED;
  }
  if (flags & (FIN | RST)) session.state |= CLOSING;
}

export function observeInbound(session: Session, packet: Packet): void {
  const { flags } = packet;
  if (flags & SYN) {
    begin(session, packet, INBOUND_SYN, INBOUND_SYN_ACKED, session.inboundSyn);
    session.inboundSyn = packet.sequence;
  }
  if (flags & ACK && session.state & OUTBOUND_SYN && acknowledges(packet, session.outboundSyn)) {
    session.state |= OUTBOUND_SYN_ACKED;
  }
  if (flags & (FIN | RST)) session.state |= CLOSING;
}

/** A SYN of a new connection on old ports starts over; a repeated one changes nothing. */
function begin(session: Session, packet: Packet, syn: number, acked: number, known: number): void {
  if (session.state & CLOSING && isBareSyn(packet)) session.state = 0;
  if (!isEstablished(session) && packet.sequence !== known) session.state &= ~acked;
  session.state |= syn;
}

/** Does the segment acknowledge the SYN (in 32-bit sequence arithmetic)? */
function acknowledges(packet: Packet, syn: number): boolean {
  return ((packet.acknowledgement - syn) | 0) > 0;
}
