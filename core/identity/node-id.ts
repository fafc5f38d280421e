import { createHash } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const ID_LENGTH = 20;

/**
 * The short name of a public key: the first 20 bytes of its SHA-256, in lower-case base32 (RFC 4648), 32 characters.
 *
 * Nobody can make a second key for a given id (2^160 tries). Two keys of one owner's own making with the same id take
 * 2^80 tries and gain nothing: an id only says where to look, the key is what proves.
 */
export function nodeIdOf(publicKey: Uint8Array): string {
  const digest = createHash('sha256').update(publicKey).digest().subarray(0, ID_LENGTH);
  let text = '';
  let bits = 0;
  let pending = 0;
  for (const byte of digest) {
    pending = (pending << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(pending >> bits) & 31];
    }
    pending &= (1 << bits) - 1;
  }
  return text;
}
