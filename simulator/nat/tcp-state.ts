import { ACK, FIN, type Packet, RST, SYN } from '../packet.ts';
import type { SessionId, SessionRows } from './session-rows.ts';

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
export function isEstablished(state: number): boolean {
  return state === ESTABLISHED;
}

/** A FIN or an RST was seen. */
export function isClosing(state: number): boolean {
  return (state & CLOSING) !== 0;
}

/** Our own SYN is out and nothing came back: the state in which an inbound SYN is a simultaneous open. */
export function awaitsAnswer(state: number): boolean {
  return state === OUTBOUND_SYN;
}

export function observeOutbound(sessions: SessionRows, session: SessionId, packet: Packet): void {
  let state = sessions.state[session];
  if (packet.flags & SYN) {
    state = begin(state, packet, OUTBOUND_SYN, OUTBOUND_SYN_ACKED, sessions.outboundSyn[session]);
    sessions.outboundSyn[session] = packet.sequence;
  }
  if (state & INBOUND_SYN && acknowledges(packet, sessions.inboundSyn[session])) state |= INBOUND_SYN_ACKED;
  sessions.state[session] = closing(state, packet);
}

export function observeInbound(sessions: SessionRows, session: SessionId, packet: Packet): void {
  let state = sessions.state[session];
  if (packet.flags & SYN) {
    state = begin(state, packet, INBOUND_SYN, INBOUND_SYN_ACKED, sessions.inboundSyn[session]);
    sessions.inboundSyn[session] = packet.sequence;
  }
  if (state & OUTBOUND_SYN && acknowledges(packet, sessions.outboundSyn[session])) state |= OUTBOUND_SYN_ACKED;
  sessions.state[session] = closing(state, packet);
}

/** A SYN of a new connection on old ports starts over; a repeated one changes nothing. */
function begin(state: number, packet: Packet, syn: number, acked: number, known: number): number {
  if (state & CLOSING && isBareSyn(packet)) return syn;
  return (packet.sequence === known ? state : state & ~acked) | syn;
}

/** Does the segment acknowledge the SYN (in 32-bit sequence arithmetic)? */
function acknowledges(packet: Packet, syn: number): boolean {
  return (packet.flags & ACK) !== 0 && ((packet.acknowledgement - syn) | 0) > 0;
}

function closing(state: number, packet: Packet): number {
  return packet.flags & (FIN | RST) ? state | CLOSING : state;
}
