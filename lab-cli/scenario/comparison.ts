import { scaleDecimal } from './decimal.ts';
import { parsePercentPpm } from './percent.ts';
import type { Comparison } from './types.ts';

/** A bound on a share, e.g. `>= 0.99`, `>= 99%` or `= 0`. */
export const COMPARISON_PATTERN = /^(>=|>|<=|<|=) ?([\d.]+%?)$/;

/** Undefined if the text is no comparison with a share from 0 to 1. */
export function parseComparison(text: string): Comparison | undefined {
  const match = COMPARISON_PATTERN.exec(text);
  if (!match) return undefined;
  const share = match[2]!;
  const ppm = share.endsWith('%') ? parsePercentPpm(share) : scaleDecimal(share, 1_000_000);
  if (ppm === undefined || ppm > 1_000_000) return undefined;
  return { operator: match[1] as Comparison['operator'], ppm };
}

/** Does `part` of `whole` satisfy the comparison? Integers throughout, so that 0.99 of 100 is exactly 99. */
export function holds(comparison: Comparison, part: number, whole: number): boolean {
  const found = part * 1_000_000;
  const bound = comparison.ppm * whole;
  switch (comparison.operator) {
    case '>=':
      return found >= bound;
    case '>':
      return found > bound;
    case '<=':
      return found <= bound;
    case '<':
      return found < bound;
    case '=':
      return found === bound;
  }
}
