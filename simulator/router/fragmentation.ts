import { type Packet, UDP, wireLength } from '../packet.ts';

const IP_HEADER = 20;
const UDP_HEADER = 8;
/** Offsets count in units of so many bytes (RFC 791 section 3.1). */
const UNIT = 8;

/**
 * May routers cut it? UDP datagrams go out without DF here, as on macOS, Windows and the BSDs; TCP segments have it
 * (RFC 1191 section 6); nobody but the sender may cut what is IPv6 (RFC 8200 section 4.5).
 */
export function mayBeCut(packet: Packet, ipv6: boolean): boolean {
  return packet.protocol === UDP && !ipv6;
}

/**
 * Cuts a datagram, or a fragment of one, into fragments of at most `mtu` bytes, in order (RFC 791 section 3.2). Only
 * the first has the ports. They share the datagram's number, which takes the place of the identification field.
 */
export function cut(packet: Packet, mtu: number): Packet[] {
  const start = packet.fragment?.offset ?? 0;
  const header = start === 0 ? UDP_HEADER : 0;
  const length = wireLength(packet) - IP_HEADER;
  const step = Math.floor((mtu - IP_HEADER) / UNIT) * UNIT;
  const pieces: Packet[] = [];
  for (let from = 0; from < length; from += step) {
    const to = Math.min(from + step, length);
    const more = to < length || packet.fragment?.more === true;
    const payload = packet.payload.subarray(Math.max(0, from - header), to - header);
    const piece = { ...packet, payload, fragment: { offset: start + from, more } };
    pieces.push(piece.fragment.offset === 0 ? piece : { ...piece, sourcePort: 0, destinationPort: 0 });
  }
  return pieces;
}
