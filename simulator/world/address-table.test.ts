import { describe, expect, test } from 'vitest';
import { type AddressKind, AddressTable } from './address-table.ts';

describe('AddressTable', () => {
  test('numbers addresses by first use, one number for one address however it is written', () => {
    const table = new AddressTable();
    expect(['192.0.2.1', '2001:db8::1', '192.0.2.1'].map((text) => table.id(text))).toEqual([0, 1, 0]);
    expect(table.id('2001:0DB8:0:0::0001')).toBe(1);
    expect(table.id('::ffff:192.0.2.1')).toBe(0);
    expect(table.texts()).toEqual(['192.0.2.1', '2001:db8::1']);
    expect([table.text(0), table.text(1)]).toEqual(['192.0.2.1', '2001:db8::1']);
    expect([table.isIpv6(0), table.isIpv6(1)]).toEqual([false, true]);
  });

  test('refuses what is no address', () => {
    const table = new AddressTable();
    for (const text of ['', 'localhost', '1.2.3', '1.2.3.256', '01.2.3.4', 'fe80::1%eth0']) {
      expect(() => table.id(text)).toThrow(RangeError);
    }
    expect(table.texts()).toEqual([]);
  });

  test.each<[string, AddressKind]>([
    ['192.0.2.1', 'unicast'],
    ['2001:db8::1', 'unicast'],
    ['223.255.255.255', 'unicast'],
    ['224.0.0.1', 'group'],
    ['239.255.255.250', 'group'],
    ['255.255.255.255', 'group'],
    ['ff02::c', 'group'],
    ['127.0.0.1', 'loopback'],
    ['127.255.0.3', 'loopback'],
    ['::1', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified'],
  ])('%s is %s', (address, kind) => {
    const table = new AddressTable();
    expect(table.kind(table.id(address))).toBe(kind);
  });
});
