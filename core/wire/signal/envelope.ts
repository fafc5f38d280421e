import { ByteReader, ByteWriter } from '../bytes.ts';
import { WireError } from '../wire-error.ts';
import { MAX_INNER_LENGTH, MIN_INNER_LENGTH } from './inner.ts';

/**
 * What a broker sees of a signal message. Only the holder of the receiver's key can read further:
 *
 * version 1 | ephemeral public key 33 | nonce 12 | ciphertext | tag 16
 */
export interface Envelope {
  /** The sender's, SEC 1 compressed: with the receiver's key it makes the key that the rest is encrypted by. */
  readonly ephemeralKey: Uint8Array;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

export const NONCE_LENGTH = 12;
export const TAG_LENGTH = 16;
const VERSION = 1;
const KEY_LENGTH = 33;
const OVERHEAD = 1 + KEY_LENGTH + NONCE_LENGTH + TAG_LENGTH;
export const MAX_ENVELOPE_LENGTH = OVERHEAD + MAX_INNER_LENGTH;
const MIN_ENVELOPE_LENGTH = OVERHEAD + MIN_INNER_LENGTH;

/** What the encryption vouches for besides the text itself. */
export function associatedData(ephemeralKey: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(VERSION), ephemeralKey]);
}

export function encodeEnvelope({ ephemeralKey, nonce, ciphertext, tag }: Envelope): Buffer {
  return new ByteWriter().u8(VERSION).bytes(ephemeralKey).bytes(nonce).bytes(ciphertext).bytes(tag).finish();
}

/**
 * Checks what can be checked without a key, so cheaply that anyone may make us do it.
 * @throws WireError
 */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length < MIN_ENVELOPE_LENGTH || bytes.length > MAX_ENVELOPE_LENGTH) {
    throw new WireError(`a signal of ${bytes.length} bytes`);
  }
  const reader = new ByteReader(bytes);
  const version = reader.u8('signal version');
  if (version !== VERSION) throw new WireError(`signal has version ${version}, not ${VERSION}`);
  const ephemeralKey = reader.take(KEY_LENGTH, 'signal ephemeral key');
  if (ephemeralKey[0] !== 2 && ephemeralKey[0] !== 3) throw new WireError('signal ephemeral key is not compressed');
  return {
    ephemeralKey,
    nonce: reader.take(NONCE_LENGTH, 'signal nonce'),
    ciphertext: reader.take(reader.remaining - TAG_LENGTH, 'signal ciphertext'),
    tag: reader.take(TAG_LENGTH, 'signal tag'),
  };
}
