import fc from 'fast-check';
import { expect, it } from 'vitest';
import { editDistance, nearestWord } from './nearest.ts';

it.each([
  ['', 'abc', 3],
  ['abc', 'abc', 0],
  ['kitten', 'sitting', 3],
  ['trails', 'trials', 1],
  ['ful-cone', 'full-cone', 1],
])('%s to %s', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
});

it('is a symmetric distance that no length exceeds', () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(distance === 0).toBe(a === b);
    }),
  );
});

it('finds the word that was meant, or none', () => {
  const words = ['open', 'full-cone', 'restricted-cone', 'port-restricted-cone', 'symmetric', 'udp-blocked'];
  expect(nearestWord('symetric', words)).toBe('symmetric');
  expect(nearestWord('Full-Cone', words)).toBe('full-cone');
  expect(nearestWord('port-restricted', words)).toBe('port-restricted-cone');
  expect(nearestWord('zzz', words)).toBeUndefined();
  expect(nearestWord('x'.repeat(1e6), words)).toBeUndefined();
});
