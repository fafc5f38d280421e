import { crc32 } from 'node:zlib';
import { WireError } from '../wire-error.ts';
import { MAGIC_COOKIE } from './address-value.ts';
import {
  type Attribute,
  type AttributeName,
  comprehensionRequired,
  FINGERPRINT,
  MESSAGE_INTEGRITY,
  MESSAGE_INTEGRITY_SHA256,
} from './attribute.ts';
import { attributeCode, decodeAttribute } from './attribute-codec.ts';
import { FINGERPRINT_MASK, padded } from './encode-message.ts';
import { HEADER_LENGTH, type MessageClass, type StunMessage } from './message.ts';

/** More than any message of the protocols that we speak has. */
const MAX_ATTRIBUTES = 64;

const CLASSES: readonly MessageClass[] = ['request', 'indication', 'success', 'error'];

/** A message as it came in. Byte values are views of the bytes it was decoded from. */
export interface ReceivedMessage extends StunMessage {
  readonly bytes: Buffer;
  readonly transactionId: Buffer;
  /** Offset of MESSAGE-INTEGRITY. See {@link verifyIntegrity}. */
  readonly sha1At: number | undefined;
  /** Offset of MESSAGE-INTEGRITY-SHA256. */
  readonly sha256At: number | undefined;
  /** Did it carry a FINGERPRINT? A wrong one makes it no message at all. */
  readonly fingerprint: boolean;
  /** Codes of the attributes that we know but whose values make no sense. */
  readonly malformed: readonly number[];
}

/** True for bytes that begin like a STUN message. Cheap: tells STUN from what else comes in on a socket. */
export function isStun(bytes: Uint8Array): boolean {
  return (
    bytes.length >= HEADER_LENGTH &&
    bytes[0]! < 0x40 &&
    bytes[4] === 0x21 &&
    bytes[5] === 0x12 &&
    bytes[6] === 0xa4 &&
    bytes[7] === 0x42
  );
}

/**
 * Decodes one whole message.
 *
 * @throws WireError if the bytes are no STUN message. Attributes with impossible values don't make it fail: they are
 * listed in `malformed`, since a request with one deserves an answer.
 */
export function decodeMessage(data: Uint8Array): ReceivedMessage {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  if (bytes.length < HEADER_LENGTH) throw new WireError('a STUN message is shorter than its header');
  const type = bytes.readUInt16BE(0);
  if (type > 0x3fff) throw new WireError('a STUN message begins with two zero bits');
  if (bytes.readUInt32BE(4) !== MAGIC_COOKIE) throw new WireError('a STUN message lacks the magic cookie');
  if (bytes.readUInt16BE(2) !== bytes.length - HEADER_LENGTH || bytes.length % 4 !== 0) {
    throw new WireError('a STUN message has another length than it says');
  }
  return {
    messageClass: CLASSES[((type >> 7) & 2) | ((type >> 4) & 1)]!,
    method: ((type >> 2) & 0xf80) | ((type >> 1) & 0x070) | (type & 0x00f),
    bytes,
    transactionId: bytes.subarray(8, HEADER_LENGTH),
    ...decodeAttributes(bytes),
  };
}

/**
 * Codes of the comprehension-required attributes that are none of `understood`, each once: RFC 8489 section 6.3.1
 * wants a request with any of them refused with 420.
 */
export function unknownRequired(message: StunMessage, understood: ReadonlySet<AttributeName>): number[] {
  const codes = new Set<number>();
  for (const attribute of message.attributes) {
    const code = attributeCode(attribute);
    if (comprehensionRequired(code) && !understood.has(attribute.type as AttributeName)) codes.add(code);
  }
  return [...codes];
}

type Body = Pick<ReceivedMessage, 'attributes' | 'sha1At' | 'sha256At' | 'fingerprint' | 'malformed'>;

function decodeAttributes(bytes: Buffer): Body {
  const transactionId = bytes.subarray(8, HEADER_LENGTH);
  const attributes: Attribute[] = [];
  const malformed: number[] = [];
  let sha1At: number | undefined;
  let sha256At: number | undefined;
  let count = 0;
  for (let offset = HEADER_LENGTH; offset < bytes.length; ) {
    if (++count > MAX_ATTRIBUTES) throw new WireError(`a STUN message has more than ${MAX_ATTRIBUTES} attributes`);
    const code = bytes.readUInt16BE(offset);
    const start = offset + 4;
    const end = start + bytes.readUInt16BE(offset + 2);
    if (padded(end) > bytes.length) throw new WireError('a STUN message ends within an attribute');
    if (code === FINGERPRINT) {
      checkFingerprint(bytes, offset, end);
      return { attributes, malformed, sha1At, sha256At, fingerprint: true };
    }
    if (sha256At === undefined) {
      if (code === MESSAGE_INTEGRITY_SHA256) sha256At = offset;
      // RFC 8489 section 14.5: nobody vouches for what comes after the integrity, so it does not count.
      else if (sha1At === undefined) {
        if (code === MESSAGE_INTEGRITY) sha1At = offset;
        else decodeInto(attributes, malformed, code, bytes.subarray(start, end), transactionId);
      }
    }
    offset = padded(end);
  }
  return { attributes, malformed, sha1At, sha256At, fingerprint: false };
}

function decodeInto(
  attributes: Attribute[],
  malformed: number[],
  code: number,
  value: Buffer,
  transactionId: Buffer,
): void {
  try {
    attributes.push(decodeAttribute(code, value, transactionId));
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    malformed.push(code);
  }
}

function checkFingerprint(bytes: Buffer, offset: number, end: number): void {
  if (end !== offset + 8 || end !== bytes.length) throw new WireError('FINGERPRINT is not the last attribute');
  const sum = (crc32(bytes.subarray(0, offset)) ^ FINGERPRINT_MASK) >>> 0;
  if (bytes.readUInt32BE(offset + 4) !== sum) throw new WireError('FINGERPRINT does not match the message');
}
