import ipaddr from 'ipaddr.js';
import type { Family } from './endpoint.ts';

/**
 * The 32 bits of a dotted quad: four decimal numbers, nothing shorter, no leading zeros (ipaddr.js alone would take
 * octal and hex forms). By hand, since the engine reads addresses with every packet.
 */
export function quadBits(text: string): number | undefined {
  let bits = 0;
  let part = -1;
  let parts = 0;
  for (let index = 0; index <= text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit >= 0 && digit <= 9) {
      if (part === 0) return undefined; // a leading zero
      part = part < 0 ? digit : part * 10 + digit;
      if (part > 255) return undefined;
    } else {
      if (part < 0 || ++parts > 4 || (index < text.length && text[index] !== '.')) return undefined;
      bits = (bits << 8) | part;
      part = -1;
    }
  }
  return parts === 4 ? bits >>> 0 : undefined;
}

function parse6(text: string): ipaddr.IPv6 | undefined {
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  return ipaddr.IPv6.parse(text);
}

/** True for an IPv4 dotted quad or an IPv6 address without a zone. */
export function isAddress(text: string): boolean {
  return quadBits(text) !== undefined || parse6(text) !== undefined;
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
  if (quadBits(text) !== undefined) return text;
  const address = parse6(text);
  if (!address) throw new RangeError(`not an IP address: ${text}`);
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String();
}

/**
 * The address as 4 or 16 bytes in network order.
 *
 * @throws RangeError if the text is no address
 */
export function addressToBytes(address: string): Uint8Array {
  const bits = quadBits(address);
  if (bits !== undefined) {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(bits);
    return bytes;
  }
  const parsed = parse6(address);
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

/** Is it a multicast address (RFC 5771, RFC 4291 section 2.7)? */
export function isGroup(address: string): boolean {
  const bytes = addressToBytes(address);
  return bytes.length === 4 ? bytes[0]! >> 4 === 0xe : bytes[0] === 0xff;
}
