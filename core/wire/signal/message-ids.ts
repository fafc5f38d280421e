import { ByteReader } from '../bytes.ts';
import { WireError } from '../wire-error.ts';

/** 16 random bytes: tells a message from its copies. */
export const MESSAGE_ID_LENGTH = 16;
/** Messages that one signal can acknowledge. */
export const MAX_ACKNOWLEDGED = 8;

/** @throws RangeError if there are more than {@link MAX_ACKNOWLEDGED}, or one is no id */
export function joinIds(ids: readonly Uint8Array[]): Buffer {
  if (ids.length > MAX_ACKNOWLEDGED) throw new RangeError(`${ids.length} message ids, at most ${MAX_ACKNOWLEDGED}`);
  if (ids.some(({ length }) => length !== MESSAGE_ID_LENGTH)) throw new RangeError('not a message id');
  return Buffer.concat(ids);
}

/** @throws WireError */
export function splitIds(bytes: Uint8Array): Uint8Array[] {
  const count = bytes.length / MESSAGE_ID_LENGTH;
  if (!Number.isInteger(count) || count > MAX_ACKNOWLEDGED) {
    throw new WireError(`${bytes.length} bytes of message ids`);
  }
  const reader = new ByteReader(bytes);
  return Array.from({ length: count }, () => reader.take(MESSAGE_ID_LENGTH, 'message id'));
}
