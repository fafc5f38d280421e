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
