import { ByteReader, ByteWriter } from '../bytes.ts';
import { WireError } from '../wire-error.ts';
import { MAX_INNER_LENGTH, MIN_INNER_LENGTH } from './inner.ts';
import { MAX_ACKNOWLEDGED, MESSAGE_ID_LENGTH } from './message-ids.ts';

/** A message, or the receiver's word that it has taken some. */
export type EnvelopeType = 'message' | 'acknowledgement';

/**
 * What a broker sees of a signal. Only who holds the receiver's key can read a message further, and only the two ends
 * of a conversation an acknowledgement, which comes under the ephemeral key of what it acknowledges:
 *
 * type 1 (1 message, 2 acknowledgement) | ephemeral public key 33 | nonce 12 | ciphertext | tag 16
 */
export interface Envelope {
  readonly type: EnvelopeType;
  /** The sender's, SEC 1 compressed: with the receiver's key it makes the key that the rest is encrypted by. */
  readonly ephemeralKey: Uint8Array;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

export const NONCE_LENGTH = 12;
export const TAG_LENGTH = 16;
const TYPES: readonly (EnvelopeType | undefined)[] = [undefined, 'message', 'acknowledgement'];
const KEY_LENGTH = 33;
const OVERHEAD = 1 + KEY_LENGTH + NONCE_LENGTH + TAG_LENGTH;
export const MAX_ENVELOPE_LENGTH = OVERHEAD + MAX_INNER_LENGTH;
const LENGTHS = {
  message: [OVERHEAD + MIN_INNER_LENGTH, MAX_ENVELOPE_LENGTH],
  acknowledgement: [OVERHEAD + MESSAGE_ID_LENGTH, OVERHEAD + MAX_ACKNOWLEDGED * MESSAGE_ID_LENGTH],
} as const;

/** What the encryption vouches for besides the text itself. */
export function associatedData({ type, ephemeralKey }: Pick<Envelope, 'type' | 'ephemeralKey'>): Buffer {
  return Buffer.concat([Buffer.of(TYPES.indexOf(type)), ephemeralKey]);
}

export function encodeEnvelope({ type, ephemeralKey, nonce, ciphertext, tag }: Envelope): Buffer {
  return new ByteWriter()
    .u8(TYPES.indexOf(type))
    .bytes(ephemeralKey)
    .bytes(nonce)
    .bytes(ciphertext)
    .bytes(tag)
    .finish();
}

/**
 * Checks what can be checked without a key, so cheaply that anyone may make us do it.
 * @throws WireError
 */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  const reader = new ByteReader(bytes);
  const type = TYPES[reader.u8('signal type')];
  if (!type) throw new WireError(`signal has type ${bytes[0]}, which is not known`);
  const [min, max] = LENGTHS[type];
  if (bytes.length < min || bytes.length > max) throw new WireError(`a signal of ${bytes.length} bytes`);
  const ephemeralKey = reader.take(KEY_LENGTH, 'signal ephemeral key');
  if (ephemeralKey[0] !== 2 && ephemeralKey[0] !== 3) throw new WireError('signal ephemeral key is not compressed');
  return {
    type,
    ephemeralKey,
    nonce: reader.take(NONCE_LENGTH, 'signal nonce'),
    ciphertext: reader.take(reader.remaining - TAG_LENGTH, 'signal ciphertext'),
    tag: reader.take(TAG_LENGTH, 'signal tag'),
  };
}
