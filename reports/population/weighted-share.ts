import { type Interval, wilson } from '../statistics.ts';

/** Trials of one kind, and how much their share counts. */
export interface Stratum {
  readonly weight: number;
  readonly successes: number;
  readonly trials: number;
}

export interface WeightedShare {
  /** Between 0 and 1. */
  readonly share: number;
  /** 95 percent. */
  readonly interval: Interval;
  /** Share of the weight that lies on strata with trials; what has none is left out of the mean. */
  readonly tested: number;
  readonly trials: number;
}

/**
 * The mean of the strata's shares by weight, with the interval of {@link combine}. Null where nothing was tested.
 *
 * @param strata weights are not negative, and need no particular sum
 */
export function weightedShare(strata: readonly Stratum[]): WeightedShare | null {
  const counting = strata.filter(({ weight }) => weight > 0);
  const tested = counting.filter(({ trials }) => trials > 0);
  const weights = sum(tested.map(({ weight }) => weight));
  if (weights === 0) return null;
  const { value, interval } = combine(tested.map((stratum) => ({ ...stratum, weight: stratum.weight / weights })));
  const whole = tested.length === counting.length;
  return {
    share: value,
    interval,
    tested: whole ? 1 : weights / sum(counting.map(({ weight }) => weight)),
    trials: sum(tested.map(({ trials }) => trials)),
  };
}

/**
 * A linear function of independent shares, and its interval of 95 percent: the score interval of each share, propagated
 * by its distance from the estimate (G. Y. Zou, W. Huang, X. Zhang, A note on confidence interval estimation for a
 * linear function of binomial proportions, Computational Statistics and Data Analysis 53, 2009). Unlike the
 * sum of the strata's variances it has a width where every stratum connected always or never. Of one share it is
 * Wilson's interval, of the difference of two Newcombe's.
 *
 * @param strata each with at least one trial; weights may be negative
 */
export function combine(strata: readonly Stratum[]): { readonly value: number; readonly interval: Interval } {
  let value = 0;
  let below = 0;
  let above = 0;
  for (const { weight, successes, trials } of strata) {
    const share = successes / trials;
    const { low, high } = wilson(successes, trials);
    const [down, up] = weight < 0 ? [high, low] : [low, high];
    value += weight * share;
    below += (weight * (share - down)) ** 2;
    above += (weight * (up - share)) ** 2;
  }
  return { value, interval: { low: value - Math.sqrt(below), high: value + Math.sqrt(above) } };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
