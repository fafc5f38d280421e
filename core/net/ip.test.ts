import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressFromBytes, addressToBytes, canonicalAddress, familyOf, isAddress } from './ip.ts';

describe('addresses', () => {
  it.each(['0.0.0.0', '192.0.2.1', '255.255.255.255', '10.0.1.20'])('take the dotted quad %s as it is', (text) => {
    expect([canonicalAddress(text), isAddress(text), familyOf(text)]).toEqual([text, true, 4]);
  });

  it.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('write %s as %s (RFC 5952)', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.',
    '.1.2.3.4',
    '1..2.3',
    '0x7f.1',
    '127.1',
    ' 1.2.3.4',
    '1.2.3.4 ',
    'localhost',
    'fe80::1%eth0',
    '1:2:3',
    ':::',
  ])('refuse %j', (text) => {
    expect(isAddress(text)).toBe(false);
    expect(() => canonicalAddress(text)).toThrow(RangeError);
    expect(() => addressToBytes(text)).toThrow(RangeError);
  });

  it('agree with Node on what an address is', () => {
    const looksLikeOne = fc.string({ unit: fc.constantFrom(...'0123456789abcdef.:'), maxLength: 20 });
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), looksLikeOne), (text) => {
        expect(isAddress(text)).toBe(isIPv4(text) || isIPv6(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('come back from their bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const bytes = addressToBytes(text);
        expect(bytes).toHaveLength(familyOf(text) === 4 ? 4 : 16);
        expect(addressToBytes(addressFromBytes(bytes))).toEqual(bytes);
      }),
    );
    expect(() => addressFromBytes(new Uint8Array(5))).toThrow(RangeError);
  });
});
