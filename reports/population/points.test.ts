import { expect, it } from 'vitest';
import { distance, points, sharePercent, signedPoints } from './points.ts';

it.each([
  [0, '0%'],
  [1e-9, '<0.1%'],
  [0.0005, '0.1%'],
  [0.714, '71.4%'],
  [0.9994, '99.9%'],
  [0.99999, '>99.9%'],
  [1, '100%'],
])('writes the share %d as %s', (share, text) => {
  expect(sharePercent(share)).toBe(text);
});

it.each([
  [0.142, '14.2', '+14.2', '14.2 points higher'],
  [-0.0042, '0.4', '−0.4', '0.4 points lower'],
  [0.0004, '0.0', '0.0', 'the same'],
  [-0.0004, '0.0', '0.0', 'the same'],
])('writes the difference %d', (difference, plain, signed, words) => {
  expect([points(difference), signedPoints(difference), distance(difference)]).toEqual([plain, signed, words]);
});
