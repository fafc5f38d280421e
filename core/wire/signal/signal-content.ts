import { MAX_ADDRESS_LENGTH } from '../address/address.ts';
import { ByteReader, ByteWriter } from '../bytes.ts';
import { WireError } from '../wire-error.ts';
import { joinIds, MAX_ACKNOWLEDGED, MESSAGE_ID_LENGTH, splitIds } from './message-ids.ts';

/** One message from a node to another. */
export interface SignalContent {
  /** 16 random bytes: tells a message from its copies. */
  readonly id: Uint8Array;
  /** By the sender's clock, Unix time in ms. */
  readonly sentAtMs: number;
  /** How long after `sentAtMs` the message is worth anything, 1 to 600,000. */
  readonly ttlMs: number;
  /** What the body is: 1 to 32 of `a` to `z`, `0` to `9`, dot and dash, with a letter first. */
  readonly kind: string;
  /** The sender's signed address. Absent: the receiver has it. */
  readonly address?: Uint8Array;
  /** At most 16 KiB. */
  readonly body: Uint8Array;
  /** Ids of messages of the receiver's that the sender has taken, 8 at most. @default none */
  readonly acknowledged?: readonly Uint8Array[];
}

export const MAX_TTL_MS = 600_000;
export const MAX_BODY_LENGTH = 16_384;
const MAX_KIND_LENGTH = 32;
const KIND = /^[a-z][a-z0-9.-]{0,31}$/;
const MAX_SENT_AT_MS = 2 ** 48 - 1;
const FIXED_LENGTH = MESSAGE_ID_LENGTH + 6 + 4 + 1 + 2 + 2 + 1;
export const MIN_CONTENT_LENGTH = FIXED_LENGTH + 1;
export const MAX_CONTENT_LENGTH =
  FIXED_LENGTH + MAX_KIND_LENGTH + MAX_ADDRESS_LENGTH + MAX_BODY_LENGTH + MAX_ACKNOWLEDGED * MESSAGE_ID_LENGTH;

/**
 * id 16 | sent at 6 | ttl 4 | kind with 8-bit length | address with 16-bit length, 0 = none | body with 16-bit length |
 * acknowledged ids with 8-bit length
 * @throws RangeError if a limit is passed
 */
export function encodeSignalContent(content: SignalContent): Buffer {
  const problem = problemOf(content);
  if (problem) throw new RangeError(problem);
  return new ByteWriter()
    .bytes(content.id)
    .u48(content.sentAtMs)
    .u32(content.ttlMs)
    .ascii8(content.kind)
    .block16(content.address ?? new Uint8Array(0))
    .block16(content.body)
    .block8(joinIds(content.acknowledged ?? []))
    .finish();
}

/** @throws WireError */
export function decodeSignalContent(bytes: Uint8Array): SignalContent {
  const reader = new ByteReader(bytes);
  const id = reader.take(MESSAGE_ID_LENGTH, 'signal id');
  const sentAtMs = reader.u48('signal time');
  const ttlMs = reader.u32('signal ttl');
  const kind = reader.ascii8('signal kind');
  const address = reader.block16('signal address');
  const body = reader.block16('signal body');
  const acknowledged = splitIds(reader.block8('signal acknowledgements'));
  reader.end('signal');
  const content = {
    ...{ id, sentAtMs, ttlMs, kind, body },
    ...(address.length > 0 && { address }),
    ...(acknowledged.length > 0 && { acknowledged }),
  };
  const problem = problemOf(content);
  if (problem) throw new WireError(problem);
  return content;
}

function problemOf({ id, sentAtMs, ttlMs, kind, address, body }: SignalContent): string | undefined {
  if (id.length !== MESSAGE_ID_LENGTH) return `signal id has ${id.length} bytes`;
  if (!isWithin(sentAtMs, 0, MAX_SENT_AT_MS)) return `signal time ${sentAtMs} is out of bounds`;
  if (!isWithin(ttlMs, 1, MAX_TTL_MS)) return `signal ttl ${ttlMs} is not in 1 to ${MAX_TTL_MS} ms`;
  if (!KIND.test(kind)) return `signal kind ${JSON.stringify(kind)} is none`;
  if (address && address.length > MAX_ADDRESS_LENGTH) return `signal address has ${address.length} bytes`;
  if (body.length > MAX_BODY_LENGTH) return `signal body has ${body.length} bytes, ${MAX_BODY_LENGTH} are allowed`;
  return undefined;
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
