import { ByteReader, ByteWriter } from './bytes.ts';
import { WireError } from './wire-error.ts';

const HAS_DATA = 1;
const ENDS_MESSAGE = 2;
/** What a segment adds to its payload. */
export const SEGMENT_OVERHEAD = 1 + 4 + 4 + 2 + 4;

/** What reliable pipes put into the datagrams of a link: a piece of a message, and what of the peer's has come in. */
export interface Segment {
  /** Counts segments with data, from 0. Of a bare acknowledgement: the number that comes next. */
  readonly sequence: number;
  /** Every number below has come in. */
  readonly acknowledged: number;
  /** How many numbers from `acknowledged` on there is room for. */
  readonly window: number;
  /** Bit n: number `acknowledged + 1 + n` has come in, too (selective acknowledgement, as in RFC 2018). */
  readonly selective: number;
  readonly data?: { readonly payload: Uint8Array; readonly endsMessage: boolean };
}

export function encodeSegment({ sequence, acknowledged, window, selective, data }: Segment): Buffer {
  const writer = new ByteWriter()
    .u8(data ? HAS_DATA | (data.endsMessage ? ENDS_MESSAGE : 0) : 0)
    .u32(sequence)
    .u32(acknowledged)
    .u16(window)
    .u32(selective);
  return (data ? writer.bytes(data.payload) : writer).finish();
}

/** @throws WireError */
export function decodeSegment(bytes: Uint8Array): Segment {
  const reader = new ByteReader(bytes);
  const flags = reader.u8('segment flags');
  const head = {
    sequence: reader.u32('segment number'),
    acknowledged: reader.u32('acknowledged segment'),
    window: reader.u16('segment window'),
    selective: reader.u32('selective acknowledgement'),
  };
  if (flags > (HAS_DATA | ENDS_MESSAGE) || flags === ENDS_MESSAGE) throw new WireError(`segment flags ${flags}`);
  if (flags & HAS_DATA) return { ...head, data: { payload: reader.rest(), endsMessage: (flags & ENDS_MESSAGE) !== 0 } };
  reader.end('acknowledgement');
  return head;
}
