import { ByteReader, ByteWriter } from '../bytes.ts';
import { WireError } from '../wire-error.ts';
import { MAX_CONTENT_LENGTH, MIN_CONTENT_LENGTH } from './signal-content.ts';

/**
 * What the envelope encrypts. The content stays bytes here, since it is not worth a look before its signature is.
 *
 * sender's public key 33 | signature 64 | content length 2 | content | zeros up to a multiple of 64
 */
export interface Inner {
  readonly senderKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly content: Uint8Array;
}

export const SIGNAL_CONTEXT = 'punchlab/1 signal';
const KEY_LENGTH = 33;
const SIGNATURE_LENGTH = 64;
const OVERHEAD = KEY_LENGTH + SIGNATURE_LENGTH + 2;
/** Lengths are rounded up, so that a broker learns less of what is said. */
const PADDING_STEP = 64;

const padded = (length: number) => Math.ceil(length / PADDING_STEP) * PADDING_STEP;
export const MAX_INNER_LENGTH = padded(OVERHEAD + MAX_CONTENT_LENGTH);
export const MIN_INNER_LENGTH = padded(OVERHEAD + MIN_CONTENT_LENGTH);

/**
 * What the sender signs in the context {@link SIGNAL_CONTEXT}. With both keys in it the receiver can't pass the message
 * on as if it had been sent to someone else, and nobody can put it into an envelope of his own.
 */
export function signedMessage(
  receiverKey: Uint8Array,
  ephemeralKey: Uint8Array,
  senderKey: Uint8Array,
  content: Uint8Array,
): Uint8Array {
  return Buffer.concat([receiverKey, ephemeralKey, senderKey, content]);
}

export function encodeInner({ senderKey, signature, content }: Inner): Buffer {
  const length = OVERHEAD + content.length;
  return new ByteWriter()
    .bytes(senderKey)
    .bytes(signature)
    .block16(content)
    .bytes(Buffer.alloc(padded(length) - length))
    .finish();
}

/** @throws WireError */
export function decodeInner(bytes: Uint8Array): Inner {
  const reader = new ByteReader(bytes);
  const inner = {
    senderKey: reader.take(KEY_LENGTH, 'signal sender key'),
    signature: reader.take(SIGNATURE_LENGTH, 'signal signature'),
    content: reader.block16('signal content'),
  };
  const padding = reader.rest();
  if (bytes.length !== padded(bytes.length - padding.length) || padding.some((byte) => byte !== 0)) {
    throw new WireError('signal padding is not the shortest run of zeros');
  }
  return inner;
}
