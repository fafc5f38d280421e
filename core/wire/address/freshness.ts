import type { AddressContent } from './address-content.ts';

/** Two clocks of which neither is to be trusted may differ by this much. */
export const CLOCK_SKEW_MS = 600_000;

/** `early`: it was issued in our future, further than clocks differ: one of the two is wrong. */
export type Freshness = 'current' | 'expired' | 'early';

type Dates = Pick<AddressContent, 'issuedAtMs' | 'expiresAtMs'>;

/**
 * @param wallMs by the reader's clock
 * @param skewMs how far the two clocks may be apart
 */
export function freshnessOf(address: Dates, wallMs: number, skewMs: number = CLOCK_SKEW_MS): Freshness {
  if (address.issuedAtMs > wallMs + skewMs) return 'early';
  return address.expiresAtMs !== undefined && address.expiresAtMs + skewMs <= wallMs ? 'expired' : 'current';
}
