/** How sure silence must be to count: taken wrongly once in so many times. */
const MAX_RISK = 1 / 10_000;
/** However good the line looks: where every tenth packet gets lost, six requests all do once in 20,000 times. */
export const MIN_TRIES = 6;

/** What became of requests that must be answered unless packets get lost. */
export interface LossSample {
  readonly asked: number;
  readonly answered: number;
}

/**
 * After how many unanswered requests their silence is more than lost packets. By products alone: Math.log may differ
 * between engines.
 */
export function triesFor(sample: LossSample): number {
  const rate = lossRate(sample);
  let tries = 0;
  for (let risk = 1; risk >= MAX_RISK; risk *= rate) tries++;
  return Math.max(tries, MIN_TRIES);
}

/** By the rule of succession, so that a few requests that were all answered don't prove a perfect line. */
function lossRate({ asked, answered }: LossSample): number {
  return (asked - answered + 1) / (asked + 2);
}
