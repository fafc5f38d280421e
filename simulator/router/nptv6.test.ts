import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressFromBytes, addressToBytes } from '../../core/net/ip.ts';
import { parsePrefix, prefixContains, prefixOf } from '../../core/net/prefix.ts';
import { PrefixTranslation } from './nptv6.ts';

const translation = (internal: string, external: string): PrefixTranslation =>
  new PrefixTranslation(parsePrefix(internal), parsePrefix(external));

/** The one's complement sum of an address, as the checksums of TCP and UDP take it (RFC 1071). 0 and 0xFFFF are one. */
function checksum(address: string): number {
  const bytes = Buffer.from(addressToBytes(address));
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) total += bytes.readUInt16BE(at);
  return total % 0xffff;
}

describe('RFC 6296', () => {
  // "The internal prefix is FD01:0203:0405:/48, the external one 2001:0DB8:0001:/48": the adjustment is 0xD54F.
  const example = translation('fd01:203:405::/48', '2001:db8:1::/48');

  test('section 3.1, the worked example: 0x0001 + 0xD54F = 0xD550, and back', () => {
    expect(example.outward('fd01:203:405:1::1234')).toBe('2001:db8:1:d550::1234');
    expect(example.inward('2001:db8:1:d550::1234')).toBe('fd01:203:405:1::1234');
  });

  test('section 3.4: a sum of 0xFFFF is written as 0', () => {
    // 0x2AB0 is the complement of the adjustment.
    expect(example.outward('fd01:203:405:2ab0::1')).toBe('2001:db8:1::1');
    expect(example.inward('2001:db8:1::1')).toBe('fd01:203:405:2ab0::1');
  });

  test('section 3.4: subnet 0xFFFF can not be used', () => {
    expect(example.outward('fd01:203:405:ffff::1')).toBeUndefined();
  });

  test('section 3.5: with a longer prefix, the first word of the identifier that is not 0xFFFF is adjusted', () => {
    const long = translation('fd01:203:405:1::/64', '2001:db8:1:2::/64');
    const there = (address: string) => long.outward(address)!;
    expect(there('fd01:203:405:1::1234')).toBe('2001:db8:1:2:d54e::1234');
    expect(there('fd01:203:405:1:ffff::1234')).toBe('2001:db8:1:2:ffff:d54e:0:1234');
    expect(there('fd01:203:405:1:ffff:ffff:ffff:1')).toBe('2001:db8:1:2:ffff:ffff:ffff:d54f');
    expect(long.inward('2001:db8:1:2:ffff:d54e:0:1234')).toBe('fd01:203:405:1:ffff::1234');
  });

  test('section 3.5: an identifier of ones only has no place for it', () => {
    expect(translation('fd01:203:405:1::/64', '2001:db8:1:2::/64').outward('fd01:203:405:1:ffff:ffff:ffff:ffff')).toBe(
      undefined,
    );
  });

  test.each([
    ['fd01::/48', '2001:db8::/47'],
    ['fd01::/65', '2001:db8::/65'],
    ['10.0.0.0/24', '192.0.2.0/24'],
  ])('%s and %s are no pair', (internal, external) => {
    expect(() => translation(internal, external)).toThrow(RangeError);
  });

  test('what is under neither prefix is nobody’s', () => {
    expect(example.outward('2001:db8:1::1')).toBeUndefined();
    expect(example.inward('fd01:203:405:1::1')).toBeUndefined();
  });

  test('section 2.6: every address comes back, and no checksum changes', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(bytes, bytes, bytes, fc.integer({ min: 1, max: 64 }), (one, other, host, length) => {
        const internal = prefixOf(addressFromBytes(one), length);
        const external = prefixOf(addressFromBytes(other), length);
        const inside = addressToBytes(internal.address);
        const address = addressFromBytes(
          host.map((byte, index) => {
            const mask = (0xff00 >> Math.min(8, Math.max(0, length - index * 8))) & 0xff;
            return inside[index] | (byte & ~mask);
          }),
        );
        const mapped = new PrefixTranslation(internal, external).outward(address);
        if (mapped === undefined) return;
        expect(prefixContains(external, mapped)).toBe(true);
        expect(checksum(mapped)).toBe(checksum(address));
        expect(new PrefixTranslation(internal, external).inward(mapped)).toBe(address);
      }),
    );
  });
});
