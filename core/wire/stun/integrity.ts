import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ReceivedMessage } from './decode-message.ts';
import { HEADER_LENGTH } from './message.ts';

const SHA1_LENGTH = 20;
const SHA256_LENGTH = 32;
const SHA256_MIN_LENGTH = 16;

/**
 * Was the message made by someone who has the key? The stronger attribute decides where there are two; without any the
 * answer is no. Takes the same time wherever the digests differ.
 */
export function verifyIntegrity(message: ReceivedMessage, key: Uint8Array): boolean {
  const { bytes, sha1At, sha256At } = message;
  if (sha256At !== undefined) return verify('sha256', key, bytes, sha256At);
  return sha1At !== undefined && verify('sha1', key, bytes, sha1At);
}

/** Does the message claim integrity, true or false? */
export function hasIntegrity(message: ReceivedMessage): boolean {
  return message.sha1At !== undefined || message.sha256At !== undefined;
}

function verify(algorithm: 'sha1' | 'sha256', key: Uint8Array, bytes: Buffer, offset: number): boolean {
  const length = bytes.readUInt16BE(offset + 2);
  const end = offset + 4 + length;
  if (!lengthAllowed(algorithm, length)) return false;
  // RFC 8489 section 14.5: the header's length is taken as if the message ended with this attribute.
  const header = Buffer.from(bytes.subarray(0, HEADER_LENGTH));
  header.writeUInt16BE(end - HEADER_LENGTH, 2);
  const digest = createHmac(algorithm, key).update(header).update(bytes.subarray(HEADER_LENGTH, offset)).digest();
  return timingSafeEqual(digest.subarray(0, length), bytes.subarray(offset + 4, end));
}

/** RFC 8489 section 14.6: SHA-256 may be cut to 16 bytes or more, a multiple of 4. */
function lengthAllowed(algorithm: 'sha1' | 'sha256', length: number): boolean {
  if (algorithm === 'sha1') return length === SHA1_LENGTH;
  return length >= SHA256_MIN_LENGTH && length <= SHA256_LENGTH && length % 4 === 0;
}
