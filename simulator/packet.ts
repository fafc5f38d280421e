/** IP protocol numbers (IANA). */
export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;
export type Protocol = typeof ICMP | typeof TCP | typeof UDP;

/** TCP header flags (RFC 9293 section 3.1). */
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;

/**
 * An address as the simulator handles it: its index in the world's AddressTable. Two ids are equal exactly when the
 * addresses are; keys such as `id * 65536 + port` stay exact integers.
 */
export type AddressId = number;

/** Type of an ICMP echo request (RFC 792): where a query has its remote port, it says which kind of query it is. */
export const ECHO = 8;

/** The ICMP errors that the network makes. Names by RFC 792 and RFC 1812. */
export type IcmpKind =
  | 'network-unreachable'
  | 'host-unreachable'
  | 'port-unreachable'
  | 'fragmentation-needed'
  | 'administratively-prohibited'
  | 'parameter-problem'
  | 'time-exceeded';

/** The header of the packet that an ICMP error is about, as it looked where the error was made. */
export interface Quote {
  protocol: Protocol;
  source: AddressId;
  sourcePort: number;
  destination: AddressId;
  destinationPort: number;
  /** TCP only. */
  sequence: number;
}

/** Which part of a datagram's data, all that is behind the IP header, a fragment has (RFC 791 section 3.2). */
export interface Fragment {
  /** Bytes of the data that come before. */
  readonly offset: number;
  readonly more: boolean;
}

/**
 * One packet on its way. It has a single owner at a time, and who forwards it may rewrite it in place (NAT, TTL);
 * `payload` is never written to, so packets may share one.
 */
export interface Packet {
  /** Unique in its world, kept through translation: a trace follows a packet by it, copies and fragments included. */
  id: number;
  protocol: Protocol;
  source: AddressId;
  sourcePort: number;
  destination: AddressId;
  destinationPort: number;
  ttl: number;
  payload: Uint8Array;
  /** TCP: flags, else 0. */
  flags: number;
  /** TCP: unsigned 32-bit sequence number. ICMP echo: its sequence number. Else 0. */
  sequence: number;
  /** TCP: unsigned 32-bit acknowledgement number, else 0. */
  acknowledgement: number;
  /** TCP: receive window in bytes (no scaling: the field itself is wide enough here), else 0. */
  window: number;
  /** ICMP errors only. */
  icmp: { kind: IcmpKind; quote: Quote } | undefined;
  /**
   * ICMP queries only (RFC 5508 section 3). On the asking side's end the port is the identifier, on the other one
   * `ECHO` (8), as in the connection tables of Linux and pf.
   */
  echo?: 'request' | 'reply';
  /** Fragments of UDP datagrams only. All but the first have port 0 on both ends, since they know none. */
  fragment?: Fragment;
}

const NOTHING = new Uint8Array(0);

/** The header of a packet, for an ICMP error about it. */
export function quoteOf(packet: Packet): Quote {
  const { protocol, source, sourcePort, destination, destinationPort, sequence } = packet;
  return { protocol, source, sourcePort, destination, destinationPort, sequence };
}

export function udpPacket(
  id: number,
  source: AddressId,
  sourcePort: number,
  destination: AddressId,
  destinationPort: number,
  ttl: number,
  payload: Uint8Array,
): Packet {
  return {
    id,
    protocol: UDP,
    source,
    sourcePort,
    destination,
    destinationPort,
    ttl,
    payload,
    flags: 0,
    sequence: 0,
    acknowledgement: 0,
    window: 0,
    icmp: undefined,
  };
}

/** An ICMP error from `source` to the sender of the quoted packet. */
export function icmpPacket(id: number, source: AddressId, kind: IcmpKind, quote: Quote): Packet {
  return {
    id,
    protocol: ICMP,
    source,
    sourcePort: 0,
    destination: quote.source,
    destinationPort: 0,
    ttl: 64,
    payload: NOTHING,
    flags: 0,
    sequence: 0,
    acknowledgement: 0,
    window: 0,
    icmp: { kind, quote },
  };
}

/** @param identifier of the asking side, 1 to 65535 */
export function echoRequest(
  id: number,
  source: AddressId,
  identifier: number,
  destination: AddressId,
  sequence: number,
  ttl: number,
  payload: Uint8Array,
): Packet {
  const packet = udpPacket(id, source, identifier, destination, ECHO, ttl, payload);
  return { ...packet, protocol: ICMP, sequence, echo: 'request' };
}

/** RFC 792: the same identifier, number and data the other way. */
export function echoReply(id: number, { source, sourcePort, destination, sequence, payload }: Packet): Packet {
  const packet = udpPacket(id, destination, ECHO, source, sourcePort, 64, payload);
  return { ...packet, protocol: ICMP, sequence, echo: 'reply' };
}

/** Bytes on the wire: IPv4 header and transport header without options, and the payload. */
export function wireLength(packet: Packet): number {
  if (packet.protocol === UDP) return (packet.fragment?.offset ? 20 : 28) + packet.payload.length;
  if (packet.protocol === TCP) return 40 + packet.payload.length;
  if (packet.echo !== undefined) return 28 + packet.payload.length;
  return 56; // RFC 792: IP header, 8 bytes of ICMP, the quoted IP header and 8 bytes of its data
}
