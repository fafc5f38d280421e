import ipaddr from 'ipaddr.js';
import type { Family } from './endpoint.ts';

type Parsed = ipaddr.IPv4 | ipaddr.IPv6;

// RFC 791 dotted quad, nothing shorter, no leading zeros: ipaddr.js alone would take octal and hex forms.
const DOTTED_QUAD = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

function parse(text: string): Parsed | undefined {
  if (DOTTED_QUAD.test(text)) return ipaddr.IPv4.parse(text);
  if (text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text)) return ipaddr.IPv6.parse(text);
  return undefined;
}

/** True for an IPv4 dotted quad or an IPv6 address without a zone. */
export function isAddress(text: string): boolean {
  return parse(text) !== undefined;
}

export function familyOf(address: string): Family {
  return address.includes(':') ? 6 : 4;
}

/**
 * The one text form that the project compares addresses in: a dotted quad, or IPv6 by RFC 5952. An IPv4-mapped IPv6
 * address (RFC 4291 section 2.5.5.2) becomes the IPv4 address it maps.
 *
 * @throws RangeError if the text is no address
 */
export function canonicalAddress(text: string): string {
  const address = parse(text);
  if (!address) throw new RangeError(`not an IP address: ${text}`);
  if (address instanceof ipaddr.IPv6) {
    return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String();
  }
  return address.toString();
}

/** The address as 4 or 16 bytes in network order. */
export function addressToBytes(address: string): Uint8Array {
  if (DOTTED_QUAD.test(address)) return Uint8Array.from(address.split('.'), Number); // Once a packet: spares a parser.
  const parsed = parse(address);
  if (!parsed) throw new RangeError(`not an IP address: ${address}`);
  return Uint8Array.from(parsed.toByteArray());
}

/**
 * The canonical text of 4 or 16 bytes in network order. Unlike {@link canonicalAddress} it keeps an IPv4-mapped
 * address in its IPv6 form, since the bytes said which family they are.
 *
 * @throws RangeError for any other length
 */
export function addressFromBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  if (bytes.length !== 16) throw new RangeError(`an IP address has 4 or 16 bytes, not ${bytes.length}`);
  return new ipaddr.IPv6(Array.from(bytes)).toRFC5952String();
}

/** The unspecified address of a family: bind to it to listen on every interface. */
export function unspecifiedAddress(family: Family): string {
  return family === 4 ? '0.0.0.0' : '::';
}

export function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
