import { familyOf, isLoopback } from '../../net/ip.ts';
import { type Prefix, parsePrefix, prefixContains } from '../../net/prefix.ts';

/** What is no host out there, but may be one of the server's own (RFC 8656 section 21.1). */
const REFUSED: readonly Prefix[] = [
  '0.0.0.0/8', // this network: Linux takes it for the loopback
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/96', // unspecified, loopback, and IPv4 in a disguise long given up (RFC 4291 section 2.5.5.1)
  '::ffff:0:0/96', // IPv4-mapped: a socket may reach 127.0.0.1 by it
  'ff00::/8',
].map(parsePrefix);

/** The default of `allowPeer`: whatever can be another host. */
export function isPublicPeer(address: string): boolean {
  return !isLoopback(address) && !REFUSED.some((prefix) => prefixContains(prefix, address));
}

/** An IPv4-mapped address on an IPv6 relay would leave through IPv4, past every rule about IPv4. */
export function isMapped(address: string): boolean {
  return familyOf(address) === 6 && prefixContains(MAPPED, address);
}

const MAPPED = parsePrefix('::ffff:0:0/96');
