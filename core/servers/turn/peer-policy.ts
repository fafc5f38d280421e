import type { Endpoint } from '../../net/endpoint.ts';
import { familyOf, isLoopback } from '../../net/ip.ts';
import { type Prefix, parsePrefix, prefixContains } from '../../net/prefix.ts';

/** What is no host out there, but may be one of the server's own network (RFC 8656 section 21.1). */
const REFUSED: readonly Prefix[] = [
  '0.0.0.0/8', // this network: Linux takes it for the loopback
  '10.0.0.0/8', // RFC 1918, and the rest of the family
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10', // RFC 6598: inside a carrier's network
  '169.254.0.0/16', // link-local: where clouds keep what their machines may ask
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/96', // unspecified, loopback, and IPv4 in a disguise long given up (RFC 4291 section 2.5.5.1)
  '::ffff:0:0/96', // IPv4-mapped: a socket may reach 127.0.0.1 by it
  '64:ff9b::/96', // RFC 6052: IPv4 behind a NAT64, whatever it is there
  'fc00::/7', // RFC 4193
  'fe80::/10',
  'ff00::/8',
].map(parsePrefix);

/** The default of `allowPeer`: whatever can be a host on the Internet. */
export function isPublicPeer(address: string): boolean {
  return !isLoopback(address) && !REFUSED.some((prefix) => prefixContains(prefix, address));
}

/** Where the server itself is. */
interface OwnPlaces {
  readonly endpoint: Endpoint;
  readonly relayAddresses: readonly string[];
  readonly relayPorts: readonly [number, number];
}

/**
 * Is this a port of the server's machine that is no relayed one? Relaying there would let a client talk to whatever
 * listens on the machine as if it were the machine.
 */
export function isOwnService({ address, port }: Endpoint, options: OwnPlaces): boolean {
  const { endpoint, relayAddresses, relayPorts } = options;
  if (address !== endpoint.address && !relayAddresses.includes(address)) return false;
  return port < relayPorts[0] || port > relayPorts[1] || port === endpoint.port;
}

/** An IPv4-mapped address on an IPv6 relay would leave through IPv4, past every rule about IPv4. */
export function isMapped(address: string): boolean {
  return familyOf(address) === 6 && prefixContains(MAPPED, address);
}

const MAPPED = parsePrefix('::ffff:0:0/96');
