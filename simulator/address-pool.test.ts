import { describe, expect, test } from 'vitest';
import { formatPrefix, parsePrefix } from '../core/net/prefix.ts';
import { AddressPool } from './address-pool.ts';

const pool = (...blocks: string[]): AddressPool => new AddressPool(...blocks.map(parsePrefix));

describe('AddressPool', () => {
  test('hands out every address but the first and the last of each block, once', () => {
    const taken = pool('192.0.2.0/30', '198.51.100.8/29');
    const all = Array.from({ length: 8 }, () => taken.take());
    expect(all).toEqual(['192.0.2.1', '192.0.2.2', ...[9, 10, 11, 12, 13, 14].map((number) => `198.51.100.${number}`)]);
    expect(() => taken.take()).toThrow('no address is left of 192.0.2.0/30, 198.51.100.8/29');
  });

  test('hands out aligned blocks, and never what was taken', () => {
    const taken = pool('192.0.2.0/27');
    expect(taken.take()).toBe('192.0.2.1');
    expect(formatPrefix(taken.takeBlock(8))).toBe('192.0.2.8/29');
    expect(taken.take()).toBe('192.0.2.16');
    expect(() => taken.takeBlock(8)).toThrow(RangeError);
  });

  test('goes on to the next block where one has no room', () => {
    const taken = pool('192.0.2.0/29', '198.51.100.0/24');
    expect(formatPrefix(taken.takeBlock(8))).toBe('198.51.100.8/29');
    expect(taken.take()).toBe('198.51.100.16');
  });

  test('counts beyond one octet', () => {
    const taken = pool('10.0.0.0/8');
    for (let index = 0; index < 300; index++) taken.take();
    expect(taken.take()).toBe('10.0.1.45');
  });
});
