import { addressFromBytes, addressToBytes } from '../../core/net/ip.ts';
import { type Prefix, prefixContains, prefixFamily } from '../../core/net/prefix.ts';

/** The place of the 16-bit word that is adjusted where the prefix leaves the subnet's number free (RFC 6296 section 3.4). */
const SUBNET_WORD = 3;
/** Else the first usable word of the interface identifier is (section 3.5). */
const IDENTIFIER_WORDS = [4, 5, 6, 7];
/** Negative zero: it would come back as 0. */
const ALL_ONES = 0xffff;

/**
 * The mapping of RFC 6296: another prefix, and as much added to the rest as keeps the checksums of TCP and UDP right. It
 * has no state, and to every address belongs exactly one on the other side.
 */
export class PrefixTranslation {
  readonly #internal: Prefix;
  readonly #external: Prefix;
  readonly #adjustment: number;

  /** @throws RangeError unless both are IPv6 prefixes of one length, 64 at most */
  constructor(internal: Prefix, external: Prefix) {
    const ipv6 = prefixFamily(internal) === 6 && prefixFamily(external) === 6;
    if (!ipv6 || internal.length !== external.length || internal.length > 64) {
      throw new RangeError('two IPv6 prefixes of one length are translated, of at most 64 bits');
    }
    this.#internal = internal;
    this.#external = external;
    this.#adjustment = subtract(sum(wordsOf(internal.address)), sum(wordsOf(external.address)));
  }

  /** The external address of an internal one; undefined if it has none (section 3.5, and subnet 0xFFFF of section 3.4). */
  outward(address: string): string | undefined {
    return this.#translate(address, this.#internal, this.#external, this.#adjustment);
  }

  /** The other way. */
  inward(address: string): string | undefined {
    return this.#translate(address, this.#external, this.#internal, negate(this.#adjustment));
  }

  #translate(address: string, from: Prefix, to: Prefix, adjustment: number): string | undefined {
    if (!prefixContains(from, address)) return undefined;
    const bytes = withPrefix(addressToBytes(address), to);
    const words = wordsOf(address);
    const place = from.length <= 48 ? SUBNET_WORD : IDENTIFIER_WORDS.find((word) => words[word] !== ALL_ONES);
    if (place === undefined || words[place] === ALL_ONES) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const adjusted = add(view.getUint16(place * 2), adjustment);
    view.setUint16(place * 2, adjusted === ALL_ONES ? 0 : adjusted);
    return addressFromBytes(bytes);
  }
}

function withPrefix(bytes: Uint8Array, { address, length }: Prefix): Uint8Array {
  const prefix = addressToBytes(address);
  return bytes.map((byte, index) => {
    const mask = (0xff00 >> Math.min(8, Math.max(0, length - index * 8))) & 0xff;
    return (prefix[index]! & mask) | (byte & ~mask);
  });
}

function wordsOf(address: string): number[] {
  const bytes = Buffer.from(addressToBytes(address));
  return Array.from({ length: 8 }, (_, word) => bytes.readUInt16BE(word * 2));
}

// One's complement arithmetic of 16 bits.

function add(one: number, other: number): number {
  const total = one + other;
  return (total & 0xffff) + (total >>> 16);
}

function negate(word: number): number {
  return word ^ 0xffff;
}

function subtract(one: number, other: number): number {
  return add(one, negate(other));
}

function sum(words: readonly number[]): number {
  return words.reduce(add, 0);
}
