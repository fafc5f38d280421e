import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatPercent, parsePercentPpm } from './percent.ts';

it.each([
  ['0%', 0],
  ['1%', 10_000],
  ['0.25%', 2_500],
  ['0.0001%', 1],
  ['100%', 1_000_000],
])('%s', (text, ppm) => {
  expect(parsePercentPpm(text)).toBe(ppm);
});

it.each(['', '1', '%', '101%', '100.1%', '-1%', '1 %', '0.00001%'])('%j is none', (text) => {
  expect(parsePercentPpm(text)).toBeUndefined();
});

it('are read back as they were written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (ppm) => {
      expect(parsePercentPpm(formatPercent(ppm))).toBe(ppm);
    }),
  );
});
