import { expect, test } from 'vitest';
import { freshnessOf } from './freshness.ts';

const issuedAtMs = 1_900_000_000_000;
const skewMs = 1000;

test.each([
  [issuedAtMs, undefined, 'current'],
  [issuedAtMs + 1e12, undefined, 'current'],
  [issuedAtMs - skewMs, undefined, 'current'],
  [issuedAtMs - skewMs - 1, undefined, 'early'],
  [issuedAtMs + 60_000 + skewMs - 1, issuedAtMs + 60_000, 'current'],
  [issuedAtMs + 60_000 + skewMs, issuedAtMs + 60_000, 'expired'],
])('at %i an address that expires at %s is %s', (wallMs, expiresAtMs, freshness) => {
  const dates = { issuedAtMs, ...(expiresAtMs !== undefined && { expiresAtMs }) };
  expect(freshnessOf(dates, wallMs, skewMs)).toBe(freshness);
});
