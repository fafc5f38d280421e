import { addressFromBytes, addressToBytes, familyOf } from './ip.ts';
import { formatPrefix, type Prefix, parsePrefix, prefixContains, prefixFamily, prefixOf } from './prefix.ts';

/** RFC 6052 section 2.1: stands for IPv4 addresses wherever no prefix of an operator's own does. */
export const WELL_KNOWN_PREFIX: Prefix = parsePrefix('64:ff9b::/96');

const LENGTHS: readonly number[] = [32, 40, 48, 56, 64, 96];
/** Bits 64 to 71, always zero: for compatibility with interface identifiers. */
const OCTET_U = 8;

/**
 * The IPv6 address that stands for an IPv4 address under a prefix (RFC 6052 section 2.2).
 *
 * @throws RangeError for a prefix of another length than 32, 40, 48, 56, 64 or 96, or with bits 64 to 71 set, or an
 *   address that is not IPv4
 */
export function embedIpv4(prefix: Prefix, address: string): string {
  checkPrefix(prefix);
  const embedded = addressToBytes(address);
  if (embedded.length !== 4) throw new RangeError(`not an IPv4 address: ${address}`);
  const bytes = addressToBytes(prefix.address);
  for (const [index, place] of placesOf(prefix).entries()) bytes[place] = embedded[index]!;
  return addressFromBytes(bytes);
}

/**
 * The IPv4 address that an IPv6 address stands for; undefined if it stands for none under this prefix. The bits after
 * the IPv4 address are ignored (section 2.2).
 *
 * @throws RangeError for a prefix that is none, see {@link embedIpv4}
 */
export function extractIpv4(prefix: Prefix, address: string): string | undefined {
  checkPrefix(prefix);
  if (familyOf(address) !== 6 || !prefixContains(prefix, address)) return undefined;
  const bytes = addressToBytes(address);
  if (bytes[OCTET_U] !== 0) return undefined;
  return addressFromBytes(Uint8Array.from(placesOf(prefix), (place) => bytes[place]!));
}

/** RFC 7050 section 2.2: the IPv4 addresses of the name that a NAT64's prefix is found by. */
const WELL_KNOWN_IPV4: readonly string[] = ['192.0.0.170', '192.0.0.171'];

/**
 * The prefix that a DNS64 used for its answers about `ipv4only.arpa` (RFC 7050 section 3); undefined if they are none of
 * a DNS64. An address in which the well-known ones stand at two places could be of either prefix, and is left out.
 */
export function prefixOfSynthesised(addresses: readonly string[]): Prefix | undefined {
  for (const address of addresses) {
    const found = LENGTHS.map((length) => prefixOf(address, length)).filter((prefix) => {
      const embedded = isUsable(prefix) ? extractIpv4(prefix, address) : undefined;
      return embedded !== undefined && WELL_KNOWN_IPV4.includes(embedded);
    });
    if (found.length === 1) return found[0];
  }
  return undefined;
}

/** Where the four bytes of the IPv4 address go: after the prefix, but around bits 64 to 71. */
function placesOf({ length }: Prefix): number[] {
  const first = length / 8;
  return [0, 1, 2, 3].map((index) => {
    const place = first + index;
    return first <= OCTET_U && place >= OCTET_U ? place + 1 : place;
  });
}

function checkPrefix(prefix: Prefix): void {
  if (!isUsable(prefix)) throw new RangeError(`no IPv4 address can be embedded under ${formatPrefix(prefix)}`);
}

function isUsable(prefix: Prefix): boolean {
  const fits = prefixFamily(prefix) === 6 && LENGTHS.includes(prefix.length);
  return fits && addressToBytes(prefix.address)[OCTET_U] === 0;
}
