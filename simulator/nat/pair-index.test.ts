import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NONE, PairIndex } from './pair-index.ts';

test('holds what a Map of pairs would hold, through any order of insertions and removals', () => {
  // Few distinct keys, some of them equal in their low 32 bits, so that probes collide and gaps are closed.
  const half = fc.oneof(fc.integer({ min: 0, max: 7 }), fc.constantFrom(2 ** 32, 2 ** 32 + 1, 2 ** 48));
  const step = fc.record({ a: half, b: half, value: fc.integer({ min: 0, max: 9 }), remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const index = new PairIndex();
      const model = new Map<string, number>();
      for (const { a, b, value, remove } of steps) {
        if (remove) {
          index.delete(a, b);
          model.delete(`${a} ${b}`);
        } else {
          index.set(a, b, value);
          model.set(`${a} ${b}`, value);
        }
        expect(index.get(a, b)).toBe(model.get(`${a} ${b}`) ?? NONE);
      }
      expect(index.size).toBe(model.size);
      for (const [key, value] of model) {
        const [a, b] = key.split(' ').map(Number);
        expect(index.get(a, b)).toBe(value);
      }
      expect([...index.values()].sort()).toEqual([...model.values()].sort());
    }),
    { seed: 4787 },
  );
});

test('grows and shrinks by tens of thousands of endpoint keys', () => {
  const index = new PairIndex();
  const COUNT = 50_000;
  const keyOf = (n: number) => [(n % 7) * 65536 + n, (n >> 8) * 65536 + 443] as const;
  for (let n = 0; n < COUNT; n++) index.set(...keyOf(n), n);
  for (let n = 0; n < COUNT; n += 2) index.delete(...keyOf(n));
  expect(index.size).toBe(COUNT / 2);
  for (let n = 0; n < COUNT; n++) expect(index.get(...keyOf(n))).toBe(n % 2 === 0 ? NONE : n);
});
