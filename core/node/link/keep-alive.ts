import type { LifetimeReport } from '../../nat/lifetime-report.ts';

/**
 * RFC 8445 section 11: often enough to keep the mappings of nearly every NAT. RFC 4787 REQ-5 asks NATs for two minutes,
 * and some keep them for half of one.
 */
export const KEEP_ALIVE_MS = 15_000;
/** One that gets lost must not cost the mapping. */
const IN_A_LIFETIME = 2.5;
const LEAST_MS = 1000;
/** The other end's NAT was not measured, and RFC 4787 REQ-5 lets it forget after 2 minutes. */
const MOST_MS = 45_000;
/** Of a NAT that keeps mappings for longer nothing more need be known. */
export const LONGEST_USEFUL_LIFETIME_MS = MOST_MS * IN_A_LIFETIME;

/**
 * How often to keep a mapping alive whose lifetime was measured, for `NodeOptions.keepAliveMs`: two keep-alives, and
 * some time for the second, within the shortest lifetime that the measurement leaves possible.
 *
 * @returns milliseconds, 1000 to 45,000; 15,000 where the lifetime is not known
 */
export function keepAliveFor({ lifetime }: Pick<LifetimeReport, 'lifetime'>): number {
  if (lifetime.value === 'unknown') return KEEP_ALIVE_MS;
  return Math.round(Math.min(MOST_MS, Math.max(LEAST_MS, lifetime.value.aliveMs / IN_A_LIFETIME)));
}
