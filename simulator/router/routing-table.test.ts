import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressFromBytes } from '../../core/net/ip.ts';
import { parsePrefix, prefixContains, prefixOf } from '../../core/net/prefix.ts';
import { Segment } from '../link/segment.ts';
import { World } from '../world/world.ts';
import { RoutingTable } from './routing-table.ts';

function table(...prefixes: string[]): (destination: string) => string | undefined {
  const world = new World({ seed: 'x' });
  const routes = new RoutingTable(world.addresses);
  const port = new Segment(world).attach(world.device('r'), { receive: () => {} });
  for (const [source, text] of prefixes.entries()) {
    routes.add({ prefix: parsePrefix(text), port, via: undefined, source });
  }
  return (destination) => {
    const route = routes.find(world.addresses.id(destination));
    return route && prefixes[route.source];
  };
}

describe('RoutingTable', () => {
  test('the longest prefix wins, in whatever order they came', () => {
    const prefixes = [
      '0.0.0.0/0',
      '100.64.0.0/10',
      '100.64.0.0/12',
      '100.64.5.6/32',
      '::/0',
      '2001:db8::/32',
      '2001:db8:1::/48',
    ];
    for (const order of [prefixes, [...prefixes].reverse()]) {
      const find = table(...order);
      expect(find('192.0.2.1')).toBe('0.0.0.0/0');
      expect(find('100.127.255.255')).toBe('100.64.0.0/10');
      expect(find('100.79.255.255')).toBe('100.64.0.0/12');
      expect(find('100.64.5.6')).toBe('100.64.5.6/32');
      expect(find('100.128.0.0')).toBe('0.0.0.0/0');
      expect(find('2001:db8:2::1')).toBe('2001:db8::/32');
      expect(find('2001:db8:1:ffff::1')).toBe('2001:db8:1::/48');
      expect(find('2002::1')).toBe('::/0');
    }
  });

  test('without a default route there may be none', () => {
    const find = table('10.0.0.0/9');
    expect(find('10.128.0.0')).toBeUndefined();
    expect(find('10.127.255.255')).toBe('10.0.0.0/9');
    expect(find('::1')).toBeUndefined();
  });

  test('of two routes to one prefix the older one counts', () => {
    const world = new World({ seed: 'x' });
    const routes = new RoutingTable(world.addresses);
    const port = new Segment(world).attach(world.device('r'), { receive: () => {} });
    for (const source of [7, 8]) routes.add({ prefix: parsePrefix('10.0.0.0/8'), port, via: undefined, source });
    expect(routes.find(world.addresses.id('10.1.1.1'))?.source).toBe(7);
  });

  test('a route added later is found, though its destination was asked for before', () => {
    const world = new World({ seed: 'x' });
    const routes = new RoutingTable(world.addresses);
    const port = new Segment(world).attach(world.device('r'), { receive: () => {} });
    const id = world.addresses.id('10.1.1.1');
    expect(routes.find(id)).toBeUndefined();
    routes.add({ prefix: parsePrefix('10.1.0.0/16'), port, via: undefined, source: 1 });
    expect(routes.find(id)?.source).toBe(1);
  });

  test('finds what a plain search finds', () => {
    const bytes = fc.uint8Array({ minLength: 4, maxLength: 4 });
    const prefix = fc.tuple(bytes, fc.integer({ min: 0, max: 32 })).map(([address, length]) => {
      const { address: text } = prefixOf(addressFromBytes(address), length);
      return `${text}/${length}`;
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(prefix, { maxLength: 20 }),
        fc.array(bytes, { maxLength: 20 }),
        (prefixes, targets) => {
          const find = table(...prefixes);
          for (const target of targets.map(addressFromBytes)) {
            const fitting = prefixes.map(parsePrefix).filter((each) => prefixContains(each, target));
            const longest = fitting.sort((a, b) => b.length - a.length)[0];
            expect(find(target)).toBe(longest && `${longest.address}/${longest.length}`);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
