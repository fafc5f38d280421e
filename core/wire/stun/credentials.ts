import { createHash } from 'node:crypto';

/**
 * Key of the long-term credential mechanism (RFC 8489 section 9.2.2 and 18.5.1). MD5 is what TURN clients and servers
 * use that don't negotiate.
 *
 * The strings are taken as they are: prepare those that go beyond ASCII first (OpaqueString, RFC 8265).
 */
export function longTermKey(
  username: string,
  realm: string,
  password: string,
  algorithm: 'md5' | 'sha256' = 'md5',
): Buffer {
  return createHash(algorithm).update(`${username}:${realm}:${password}`, 'utf8').digest();
}

/** Key of the short-term credential mechanism (RFC 8489 section 9.1.1). */
export function shortTermKey(password: string): Buffer {
  return Buffer.from(password, 'utf8');
}
