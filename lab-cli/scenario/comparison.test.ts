import { expect, it } from 'vitest';
import { holds, parseComparison } from './comparison.ts';

it.each([
  ['>= 0.99', { operator: '>=', ppm: 990_000 }],
  ['>=99%', { operator: '>=', ppm: 990_000 }],
  ['= 0', { operator: '=', ppm: 0 }],
  ['< 1', { operator: '<', ppm: 1_000_000 }],
  ['<= 12.5%', { operator: '<=', ppm: 125_000 }],
  ['> 0.000001', { operator: '>', ppm: 1 }],
])('%s', (text, comparison) => {
  expect(parseComparison(text)).toEqual(comparison);
});

it.each(['', '0.99', '>= 2', '>= 101%', '=> 1', '>=  1', '== 1', '>= x', '>= 0.0000001', '> .5'])(
  '%j is none',
  (text) => {
    expect(parseComparison(text)).toBeUndefined();
  },
);

it('are exact at the bound', () => {
  const atLeast = parseComparison('>= 0.99')!;
  expect(holds(atLeast, 99, 100)).toBe(true);
  expect(holds(atLeast, 98, 100)).toBe(false);
  expect(holds(parseComparison('> 99%')!, 99, 100)).toBe(false);
  expect(holds(parseComparison('= 0.3')!, 3, 10)).toBe(true);
  expect(holds(parseComparison('< 0.3')!, 3, 10)).toBe(false);
  expect(holds(parseComparison('<= 0.3')!, 3, 10)).toBe(true);
});
