import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressFromBytes } from './ip.ts';
import { parsePrefix } from './prefix.ts';
import { embedIpv4, extractIpv4, WELL_KNOWN_PREFIX } from './rfc6052.ts';

/** Section 2.4, tables 1 and 2. */
const VECTORS = [
  ['2001:db8::/32', '2001:db8:c000:221::'],
  ['2001:db8:100::/40', '2001:db8:1c0:2:21::'],
  ['2001:db8:122::/48', '2001:db8:122:c000:2:2100::'],
  ['2001:db8:122:300::/56', '2001:db8:122:3c0:0:221::'],
  ['2001:db8:122:344::/64', '2001:db8:122:344:c0:2:2100:0'],
  ['2001:db8:122:344::/96', '2001:db8:122:344::c000:221'],
  ['64:ff9b::/96', '64:ff9b::c000:221'],
] as const;

describe('RFC 6052 section 2.4', () => {
  test.each(VECTORS)('192.0.2.33 under %s is %s', (prefix, address) => {
    expect(embedIpv4(parsePrefix(prefix), '192.0.2.33')).toBe(address);
    expect(extractIpv4(parsePrefix(prefix), address)).toBe('192.0.2.33');
  });
});

describe('RFC 6052 section 2.2', () => {
  test('the bits after the IPv4 address are ignored', () => {
    expect(extractIpv4(parsePrefix('2001:db8::/32'), '2001:db8:c000:221:ff:ffff:ffff:ffff')).toBe('192.0.2.33');
  });

  test('bits 64 to 71 are zero', () => {
    expect(extractIpv4(parsePrefix('2001:db8:122:344::/64'), '2001:db8:122:344:1c0:2:2100:0')).toBeUndefined();
    expect(() => embedIpv4(parsePrefix('2001:db8:0:0:100::/96'), '192.0.2.33')).toThrow(RangeError);
  });

  test.each(['2001:db8::/33', '2001:db8::/128', '::/0', '192.0.2.0/32'])('%s is no such prefix', (text) => {
    expect(() => embedIpv4(parsePrefix(text), '192.0.2.33')).toThrow(RangeError);
    expect(() => extractIpv4(parsePrefix(text), '2001:db8::1')).toThrow(RangeError);
  });

  test('what is outside of the prefix, or no IPv4 address, stands for nothing', () => {
    expect(extractIpv4(WELL_KNOWN_PREFIX, '64:ff9b:1::c000:221')).toBeUndefined();
    expect(extractIpv4(WELL_KNOWN_PREFIX, '192.0.2.33')).toBeUndefined();
    expect(() => embedIpv4(WELL_KNOWN_PREFIX, '::1')).toThrow(RangeError);
  });

  test('every address comes back, under every length', () => {
    const bytes = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(bytes, fc.constantFrom(...VECTORS), (quad, [prefix]) => {
        const address = addressFromBytes(quad);
        expect(extractIpv4(parsePrefix(prefix), embedIpv4(parsePrefix(prefix), address))).toBe(address);
      }),
    );
  });
});
