import { expect, it } from 'vitest';
import { scaleDecimal } from './decimal.ts';

it('decimals scale exactly or not at all', () => {
  expect(scaleDecimal('0.1', 10)).toBe(1);
  expect(scaleDecimal('0.1', 5)).toBeUndefined();
  expect(scaleDecimal('999999999999999', 1_000_000)).toBeUndefined();
});
