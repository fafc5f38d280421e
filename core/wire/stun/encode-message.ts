import { createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { MAGIC_COOKIE } from './address-value.ts';
import { FINGERPRINT, MESSAGE_INTEGRITY, MESSAGE_INTEGRITY_SHA256 } from './attribute.ts';
import { attributeCode, encodeAttribute } from './attribute-codec.ts';
import {
  HEADER_LENGTH,
  type MessageClass,
  type Protection,
  type StunMessage,
  TRANSACTION_ID_LENGTH,
} from './message.ts';

/** RFC 8489 section 5: the class sits in bits 4 and 8 of the type. */
const CLASS_BITS: Readonly<Record<MessageClass, number>> = {
  request: 0x000,
  indication: 0x010,
  success: 0x100,
  error: 0x110,
};

/** RFC 8489 section 14.7: so that other protocols that end in a CRC-32 don't match. */
export const FINGERPRINT_MASK = 0x5354554e;

const MAX_LENGTH = 0xffff;

/** @throws RangeError if a value does not fit its field, or the message exceeds 65,535 bytes of attributes */
export function encodeMessage(message: StunMessage, protection: Protection = {}): Buffer {
  const transactionId = Buffer.from(message.transactionId);
  if (transactionId.length !== TRANSACTION_ID_LENGTH) throw new RangeError('a transaction id has 12 bytes');
  const values = message.attributes.map((attribute) => encodeAttribute(attribute, transactionId));

  const digestLength = protection.key ? (protection.integrity === 'sha256' ? 32 : 20) : 0;
  let length = HEADER_LENGTH;
  for (const value of values) length += 4 + padded(value.length);
  const integrityAt = length;
  if (digestLength > 0) length += 4 + digestLength;
  const fingerprintAt = length;
  if (protection.fingerprint) length += 8;
  if (length - HEADER_LENGTH > MAX_LENGTH) throw new RangeError(`a STUN message of ${length} bytes is too long`);

  const bytes = Buffer.allocUnsafe(length);
  bytes.writeUInt16BE(messageType(message), 0);
  bytes.writeUInt32BE(MAGIC_COOKIE, 4);
  bytes.set(transactionId, 8);
  let offset = HEADER_LENGTH;
  for (const [index, attribute] of message.attributes.entries()) {
    offset = writeAttribute(bytes, offset, attributeCode(attribute), values[index]!);
  }
  if (protection.key) writeIntegrity(bytes, integrityAt, protection.key, protection.integrity ?? 'sha1', digestLength);
  if (protection.fingerprint) writeFingerprint(bytes, fingerprintAt);
  bytes.writeUInt16BE(length - HEADER_LENGTH, 2);
  return bytes;
}

/** Length with the zero to three bytes up to the next multiple of four. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}

function messageType({ method, messageClass }: StunMessage): number {
  if (!Number.isInteger(method) || method < 0 || method > 0xfff) throw new RangeError(`${method} is no STUN method`);
  return ((method & 0xf80) << 2) | ((method & 0x070) << 1) | (method & 0x00f) | CLASS_BITS[messageClass];
}

function writeAttribute(bytes: Buffer, offset: number, code: number, value: Uint8Array): number {
  bytes.writeUInt16BE(code, offset);
  bytes.writeUInt16BE(value.length, offset + 2);
  bytes.set(value, offset + 4);
  const end = offset + 4 + padded(value.length);
  return bytes.fill(0, offset + 4 + value.length, end) && end;
}

/** RFC 8489 section 14.5: the HMAC sees the message as if it ended with this attribute. */
function writeIntegrity(
  bytes: Buffer,
  offset: number,
  key: Uint8Array,
  algorithm: 'sha1' | 'sha256',
  digestLength: number,
): void {
  bytes.writeUInt16BE(offset + 4 + digestLength - HEADER_LENGTH, 2);
  const digest = createHmac(algorithm, key).update(bytes.subarray(0, offset)).digest();
  writeAttribute(bytes, offset, algorithm === 'sha1' ? MESSAGE_INTEGRITY : MESSAGE_INTEGRITY_SHA256, digest);
}

function writeFingerprint(bytes: Buffer, offset: number): void {
  bytes.writeUInt16BE(offset + 8 - HEADER_LENGTH, 2);
  const sum = (crc32(bytes.subarray(0, offset)) ^ FINGERPRINT_MASK) >>> 0;
  bytes.writeUInt16BE(FINGERPRINT, offset);
  bytes.writeUInt16BE(4, offset + 2);
  bytes.writeUInt32BE(sum, offset + 4);
}
