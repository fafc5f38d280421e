import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ReorderWindow } from './reorder-window.ts';

it('gives on in order what comes in any order that it admits, and never holds more than its capacity', () => {
  const input = fc.record({
    size: fc.integer({ min: 0, max: 60 }),
    capacity: fc.integer({ min: 1, max: 12 }),
    choices: fc.infiniteStream(fc.nat()),
  });
  fc.assert(
    fc.property(input, ({ size, capacity, choices }) => {
      const emitted: number[] = [];
      const window = new ReorderWindow<string>(capacity, (index, value) => {
        expect(value).toBe(`value ${index}`);
        emitted.push(index);
      });
      const left = Array.from({ length: size }, (_, index) => index);
      while (left.length > 0) {
        const admitted = left.filter((index) => window.admits(index + 1));
        // The lowest number is always admitted, so this can't stall.
        const index = admitted[choices.next().value! % admitted.length]!;
        left.splice(left.indexOf(index), 1);
        window.put(index, `value ${index}`);
        expect(window.waiting).toBeLessThan(capacity);
      }
      expect(emitted).toEqual(Array.from({ length: size }, (_, index) => index));
    }),
  );
});

it('flushes across gaps, still in order', () => {
  const emitted: number[] = [];
  const window = new ReorderWindow<number>(10, (index) => emitted.push(index));
  for (const index of [7, 0, 3, 1, 5]) window.put(index, index);
  expect(emitted).toEqual([0, 1]);
  window.flush();
  expect(emitted).toEqual([0, 1, 3, 5, 7]);
});

it('refuses what is doubled, past or too far ahead', () => {
  const window = new ReorderWindow<number>(4, () => {});
  window.put(0, 0);
  window.put(2, 2);
  for (const index of [0, 2, 5]) expect(() => window.put(index, index)).toThrow(RangeError);
});
