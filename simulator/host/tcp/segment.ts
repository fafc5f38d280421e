import { ACK, type AddressId, FIN, type Packet, RST, SYN, TCP } from '../../packet.ts';
import { add, type Sequence } from './sequence.ts';

/** The two endpoints that tell one connection of a host from all others. */
export interface Flow {
  readonly local: AddressId;
  readonly localPort: number;
  readonly remote: AddressId;
  readonly remotePort: number;
}

const TTL = 64;

export const NO_BYTES = new Uint8Array(0);

export function tcpSegment(
  id: number,
  flow: Flow,
  flags: number,
  sequence: Sequence,
  acknowledgement: Sequence,
  window: number,
  payload: Uint8Array,
): Packet {
  return {
    id,
    protocol: TCP,
    source: flow.local,
    sourcePort: flow.localPort,
    destination: flow.remote,
    destinationPort: flow.remotePort,
    ttl: TTL,
    payload,
    flags,
    sequence,
    acknowledgement,
    window,
    icmp: undefined,
  };
}

/** SEG.LEN of RFC 9293: the payload, and one each for SYN and FIN. */
export function segmentLength(segment: Packet): number {
  const { flags } = segment;
  return segment.payload.length + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
}

/** The flow that a segment belongs to, seen from the host that received it. */
export function flowOf(segment: Packet): Flow {
  return {
    local: segment.destination,
    localPort: segment.destinationPort,
    remote: segment.source,
    remotePort: segment.sourcePort,
  };
}

/**
 * The reset that answers a segment which belongs to no connection, or to one that it can't be meant for (RFC 9293
 * section 3.10.7.1). There is none for a reset.
 */
export function resetFor(segment: Packet, id: number): Packet | undefined {
  if (segment.flags & RST) return undefined;
  const flow = flowOf(segment);
  if (segment.flags & ACK) return tcpSegment(id, flow, RST, segment.acknowledgement, 0, 0, NO_BYTES);
  const acknowledgement = add(segment.sequence, segmentLength(segment));
  return tcpSegment(id, flow, RST | ACK, 0, acknowledgement, 0, NO_BYTES);
}
