import type { Family } from './endpoint.ts';
import { addressFromBytes, addressToBytes, familyOf, quadBits } from './ip.ts';

/** An address block such as `100.64.0.0/10`. Host bits are zero. */
export interface Prefix {
  readonly address: string;
  readonly length: number;
}

/**
 * Reads `ADDRESS/LENGTH` and clears the host bits.
 *
 * @throws RangeError if it is no prefix
 */
export function parsePrefix(text: string): Prefix {
  const slash = text.indexOf('/');
  const length = Number(text.slice(slash + 1));
  const address = text.slice(0, Math.max(slash, 0));
  const limit = familyOf(address) === 4 ? 32 : 128;
  if (slash < 0 || !/^\d+$/.test(text.slice(slash + 1)) || length > limit) {
    throw new RangeError(`not an address prefix: ${text}`);
  }
  return prefixOf(address, length);
}

/** The block of `length` bits that holds the address. */
export function prefixOf(address: string, length: number): Prefix {
  const bytes = addressToBytes(address);
  for (let index = 0; index < bytes.length; index++) {
    const keep = Math.min(8, Math.max(0, length - index * 8));
    bytes[index] = bytes[index]! & ((0xff00 >> keep) & 0xff);
  }
  return { address: addressFromBytes(bytes), length };
}

export function prefixContains(prefix: Prefix, address: string): boolean {
  const quad = quadBits(prefix.address);
  if (quad !== undefined) {
    const bits = quadBits(address);
    return bits !== undefined && (prefix.length === 0 || (quad ^ bits) >>> (32 - prefix.length) === 0);
  }
  if (familyOf(address) === 4) return false;
  const [own, other] = [addressToBytes(prefix.address), addressToBytes(address)];
  const whole = prefix.length >> 3;
  for (let index = 0; index < whole; index++) if (own[index] !== other[index]) return false;
  const rest = prefix.length & 7;
  return rest === 0 || ((own[whole]! ^ other[whole]!) & (0xff00 >> rest) & 0xff) === 0;
}

export function prefixFamily(prefix: Prefix): Family {
  return familyOf(prefix.address);
}

export function formatPrefix(prefix: Prefix): string {
  return `${prefix.address}/${prefix.length}`;
}

/**
 * The address that stands `offset` places above the first one of the block.
 *
 * @throws RangeError if the block is not that large
 */
export function addressInPrefix(prefix: Prefix, offset: number): string {
  const bytes = addressToBytes(prefix.address);
  let rest = offset;
  for (let index = bytes.length - 1; index >= 0 && rest > 0; index--) {
    const sum = bytes[index]! + (rest % 256);
    bytes[index] = sum % 256;
    rest = Math.floor(rest / 256) + (sum > 255 ? 1 : 0);
  }
  const address = addressFromBytes(bytes);
  if (offset < 0 || rest > 0 || !prefixContains(prefix, address)) {
    throw new RangeError(`${formatPrefix(prefix)} has no address number ${offset}`);
  }
  return address;
}
