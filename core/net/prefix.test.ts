import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressInPrefix, formatPrefix, parsePrefix, prefixContains, prefixOf } from './prefix.ts';

describe('prefixes', () => {
  it.each([
    ['100.64.0.0/10', '100.127.255.255', true],
    ['100.64.0.0/10', '100.128.0.0', false],
    ['10.0.1.128/25', '10.0.1.127', false],
    ['10.0.1.128/25', '10.0.1.255', true],
    ['0.0.0.0/0', '203.0.113.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['192.0.2.1/32', '192.0.2.1', true],
  ])('%s holds %s: %s', (prefix, address, holds) => {
    expect(prefixContains(parsePrefix(prefix), address)).toBe(holds);
  });

  it('clear the host bits', () => {
    expect(formatPrefix(parsePrefix('192.168.1.77/20'))).toBe('192.168.0.0/20');
    expect(formatPrefix(prefixOf('2001:db8:ffff::1', 36))).toBe('2001:db8:f000::/36');
  });

  it.each(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/', '/8', '2001:db8::/129', 'x/8', '10.0.0.0/1e1'])(
    'refuse %j',
    (text) => {
      expect(() => parsePrefix(text)).toThrow(RangeError);
    },
  );

  it('count their addresses, across bytes, and no further', () => {
    expect(addressInPrefix(parsePrefix('10.0.0.0/8'), 256 * 256 + 2)).toBe('10.1.0.2');
    expect(addressInPrefix(parsePrefix('2001:db8::/64'), 65_536)).toBe('2001:db8::1:0');
    expect(() => addressInPrefix(parsePrefix('192.0.2.0/30'), 4)).toThrow('has no address number 4');
    expect(() => addressInPrefix(parsePrefix('192.0.2.0/30'), -1)).toThrow(RangeError);
  });

  it('hold each address that they were made from', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(32), (address, length) => {
        expect(prefixContains(prefixOf(address, length), address)).toBe(true);
      }),
    );
  });
});
