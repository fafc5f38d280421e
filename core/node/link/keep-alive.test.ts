import { expect, it } from 'vitest';
import { found, unknown } from '../../nat/finding.ts';
import { keepAliveFor } from './keep-alive.ts';

it.each([
  ['a NAT that forgets after 30 s', 30_000, 12_000],
  ['a NAT that keeps the 2 minutes of RFC 4787 REQ-5', 120_000, 45_000],
  ['a NAT that keeps 100 s', 100_000, 40_000],
  ['a NAT in a hurry', 1000, 1000],
])('%s', (_, aliveMs, keepAliveMs) => {
  expect(keepAliveFor({ lifetime: found({ aliveMs, goneMs: aliveMs + 1000 }, 'measured') })).toBe(keepAliveMs);
});

it('goes by the usual where nothing was found out', () => {
  expect(keepAliveFor({ lifetime: unknown('no way to tell') })).toBe(15_000);
});
