import type { Cell, ResolvedScenario } from '../lab-cli/scenario/types.ts';
import { verdictOf } from '../lab-cli/trial/oracle-verdict.ts';

/**
 * What theory says of one cell, or in mode `each` of one plugin in it: it connects for `certain`, by `chance` as often as
 * given, perhaps (`open`: order, timing or luck decide, and nobody knows how often), or never.
 */
export type Prospect =
  | { readonly kind: 'certain' | 'open' | 'impossible' }
  | { readonly kind: 'chance'; readonly chance: number };

/** @param only in mode `each`, the plugin; in mode `race` null */
export function prospectOf(scenario: ResolvedScenario, cell: Cell, only: string | null): Prospect {
  const { perPlugin } = verdictOf({ scenario, cell, trial: 0, only, seed: '' });
  if (perPlugin.some(({ expected }) => expected === 'always')) return { kind: 'certain' };
  const possible = perPlugin.filter(({ expected }) => expected === 'sometimes');
  const [one, ...others] = possible;
  if (!one) return { kind: 'impossible' };
  return others.length === 0 && one.chance !== undefined ? { kind: 'chance', chance: one.chance } : { kind: 'open' };
}

/** How many of independent trials succeed, each with a chance of its own: the mean, and the central interval. */
export interface ExpectedCount {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Exact, from the distribution of the sum (the Poisson binomial, one trial after the other).
 *
 * @param level how sure the interval is to hold @default 0.99
 */
export function expectedCount(chances: readonly number[], level = 0.99): ExpectedCount {
  const share = new Float64Array(chances.length + 1);
  share[0] = 1;
  chances.forEach((chance, trials) => {
    for (let count = trials + 1; count >= 0; count--) {
      share[count] = share[count]! * (1 - chance) + (count > 0 ? share[count - 1]! * chance : 0);
    }
  });
  const tail = (1 - level) / 2;
  let [low, high] = [0, chances.length];
  for (let below = share[0]; below <= tail && low < chances.length; below += share[low]!) low++;
  for (let above = share[high]!; above <= tail && high > 0; above += share[high]!) high--;
  return { mean: chances.reduce((sum, chance) => sum + chance, 0), low, high };
}
