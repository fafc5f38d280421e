import type { Interval } from './statistics.ts';

/** `33%`; with many trials `33.3%`. Says 0% and 100% only where nothing or everything succeeded. */
export function percent(successes: number, trials: number): string {
  if (trials === 0) return '–';
  if (successes === 0) return '0%';
  if (successes === trials) return '100%';
  const share = (100 * successes) / trials;
  const digits = trials >= 500 ? 1 : 0;
  const least = 10 ** -digits;
  if (share < least) return `<${least}%`;
  if (share > 100 - least) return `>${(100 - least).toFixed(digits)}%`;
  return `${share.toFixed(digits)}%`;
}

/** `84–100%`; where both ends round to the same, with a decimal. */
export function percentRange({ low, high }: Interval): string {
  const rounded = (digits: number) =>
    [low, high].map((share) => (100 * share).toFixed(digits).replace(/^(0|100)\.0$/, '$1'));
  const [whole, fine] = [rounded(0), rounded(1)];
  const [from, to] = high - low < 0.05 ? fine : whole;
  return `${from}–${to}%`;
}

/** `412 ms`, `1.24 s`, `12.4 s`. */
export function duration(ms: number): string {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
}

/** `36,000`. */
export function integer(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 pair`, `3 pairs`. */
export function counted(count: number, noun: string): string {
  return `${integer(count)} ${noun}${count === 1 ? '' : 's'}`;
}
