import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PortSet } from './port-set.ts';

test('counts and finds its members within any candidates', () => {
  const port = fc.integer({ min: 0, max: 65535 });
  const parity = fc.constantFrom(undefined, 0 as const, 1 as const);
  fc.assert(
    fc.property(fc.uniqueArray(port, { maxLength: 300 }), port, port, parity, (ports, one, other, even) => {
      const set = new PortSet();
      for (const member of ports) set.add(member);
      const candidates = { low: Math.min(one, other), high: Math.max(one, other), parity: even };
      const members = ports
        .filter((member) => member >= candidates.low && member <= candidates.high)
        .filter((member) => even === undefined || member % 2 === even)
        .sort((a, b) => a - b);
      expect(set.count(candidates)).toBe(members.length);
      expect(members.map((_, index) => set.at(candidates, index))).toEqual(members);
    }),
    { seed: 4787 },
  );
});

test('full, then less one', () => {
  const set = PortSet.full();
  const all = { low: 0, high: 65535, parity: undefined };
  expect(set.count(all)).toBe(65536);
  set.delete(31);
  expect(set.has(31)).toBe(false);
  expect(set.has(32)).toBe(true);
  expect(set.count(all)).toBe(65535);
  expect(set.at(all, 31)).toBe(32);
  expect(() => set.at(all, 65535)).toThrow(RangeError);
});
