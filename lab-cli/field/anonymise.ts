import { createHmac, hkdfSync } from 'node:crypto';
import { canonicalAddress, isAddress } from '../../core/net/ip.ts';
import { isPublicPeer } from '../../core/servers/turn/peer-policy.ts';

/** Turns a text that may speak of IP addresses into one that does not. */
export type Anonymiser = (text: string) => string;

const PURPOSE = 'punchlab field: pseudonyms of addresses';
const HEX_DIGITS = 12;
/** Whatever looks like an address from afar, with what belongs to it: brackets and a zone. */
const CANDIDATE =
  /\[?(?:(?<![\w:.])[0-9a-fA-F]{0,4}:[0-9a-fA-F:.]+|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3})(?:%[\w.-]+)?\]?/g;

/**
 * Puts pseudonyms in place of IP addresses: `private-3f9a02c41b7e` or `public-…`, the first digits of an HMAC-SHA-256 of
 * the address under a key that only this agent can derive. One address has the same pseudonym in all that an agent
 * writes, and nobody without the key can try out which address it stands for. Ports stay.
 *
 * @param secret of the agent: its secret key
 */
export function anonymiser(secret: Uint8Array): Anonymiser {
  const key = Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), PURPOSE, 32));
  return (text) => text.replace(CANDIDATE, (found) => replaced(found, key));
}

function replaced(found: string, key: Buffer): string {
  const bare = found.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  // Behind the address may stand the end of a sentence, or a port.
  for (const pattern of [/^(.*?)([.:]*)$/, /^(.*)(:\d+[.:]*)$/]) {
    const [, address, rest] = pattern.exec(bare) ?? [];
    if (address !== undefined && isAddress(address)) return `${pseudonym(address, key)}${rest}`;
  }
  return found;
}

function pseudonym(address: string, key: Buffer): string {
  const canonical = canonicalAddress(address);
  const digits = createHmac('sha256', key).update(canonical).digest('hex').slice(0, HEX_DIGITS);
  return `${isPublicPeer(canonical) ? 'public' : 'private'}-${digits}`;
}
