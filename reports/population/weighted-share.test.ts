import { describe, expect, it } from 'vitest';
import { wilson } from '../statistics.ts';
import { combine, type Stratum, weightedShare } from './weighted-share.ts';

describe('combine', () => {
  it.each([
    [0, 20],
    [1, 20],
    [13, 20],
    [20, 20],
    [1263, 1530],
  ])('of one share (%i of %i) is the interval of Wilson', (successes, trials) => {
    const { value, interval } = combine([{ weight: 1, successes, trials }]);
    expect(value).toBe(successes / trials);
    expect(interval.low).toBeCloseTo(wilson(successes, trials).low, 12);
    expect(interval.high).toBeCloseTo(wilson(successes, trials).high, 12);
  });

  // R. G. Newcombe, Interval estimation for the difference between independent proportions, Statistics in Medicine 17
  // (1998), table II, method 10.
  it.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [6, 7, 2, 7, 0.0582, 0.8062],
    [5, 56, 0, 29, -0.0381, 0.1926],
    [0, 10, 0, 20, -0.1611, 0.2775],
    [0, 10, 0, 10, -0.2775, 0.2775],
    [10, 10, 0, 20, 0.6791, 1],
    [10, 10, 0, 10, 0.6075, 1],
  ])('of the difference %i/%i - %i/%i is the interval of Newcombe', (a, m, b, n, low, high) => {
    const { interval } = combine([
      { weight: 1, successes: a, trials: m },
      { weight: -1, successes: b, trials: n },
    ]);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('of k equal strata is 1/√k as wide as that of one', () => {
    const strata = Array.from({ length: 16 }, () => ({ weight: 1 / 16, successes: 17, trials: 20 }));
    const { value, interval } = combine(strata);
    const { low, high } = wilson(17, 20);
    expect(value - interval.low).toBeCloseTo((0.85 - low) / 4, 12);
    expect(interval.high - value).toBeCloseTo((high - 0.85) / 4, 12);
  });

  it('tends to the stratified variance where trials are many', () => {
    const strata = [
      { weight: 0.5, successes: 300_000, trials: 1_000_000 },
      { weight: 0.3, successes: 800_000, trials: 1_000_000 },
      { weight: 0.2, successes: 550_000, trials: 1_000_000 },
    ];
    const { value, interval } = combine(strata);
    const variance = strata.reduce((sum, { weight, successes, trials }) => {
      const share = successes / trials;
      return sum + (weight ** 2 * share * (1 - share)) / trials;
    }, 0);
    const half = 1.959963984540054 * Math.sqrt(variance);
    expect(value).toBeCloseTo(0.5, 12);
    expect(interval.low).toBeCloseTo(value - half, 6);
    expect(interval.high).toBeCloseTo(value + half, 6);
  });
});

describe('weightedShare', () => {
  it('weights by any numbers, and stays between 0 and 1', () => {
    const strata = [
      { weight: 30, successes: 20, trials: 20 },
      { weight: 10, successes: 0, trials: 20 },
    ];
    expect(weightedShare(strata)).toMatchObject({ share: 0.75, tested: 1, trials: 40 });
    const { interval } = weightedShare(strata.map((stratum) => ({ ...stratum, successes: 20 })))!;
    expect(interval.low).toBeGreaterThan(0.8);
    expect(interval.high).toBe(1);
  });

  it('leaves out what was not tested, and says how much was', () => {
    const strata = [
      { weight: 60, successes: 5, trials: 10 },
      { weight: 40, successes: 0, trials: 0 },
      { weight: 0, successes: 9, trials: 9 },
    ];
    expect(weightedShare(strata)).toMatchObject({ share: 0.5, tested: 0.6, trials: 10 });
  });

  it('is nothing where nothing was tested', () => {
    expect(weightedShare([])).toBeNull();
    expect(weightedShare([{ weight: 1, successes: 0, trials: 0 }])).toBeNull();
    expect(weightedShare([{ weight: 0, successes: 1, trials: 1 }])).toBeNull();
  });

  it('covers the truth about as often as it says', () => {
    const truth = [1, 0.97, 0.9, 0.5, 0.02, 0];
    const weights = [30, 20, 20, 10, 10, 10];
    const expected = truth.reduce((sum, share, index) => sum + (share * weights[index]!) / 100, 0);
    const random = generator(1);
    let covered = 0;
    for (let run = 0; run < 2000; run++) {
      const strata = truth.map((share, index): Stratum => {
        const successes = Array.from({ length: 20 }, random).filter((draw) => draw < share).length;
        return { weight: weights[index]!, successes, trials: 20 };
      });
      const { low, high } = weightedShare(strata)!.interval;
      if (low <= expected && expected <= high) covered++;
    }
    // Five standard errors around 95 percent are 2.4 points; above, score intervals are careful near 0 and 1.
    expect(covered / 2000).toBeGreaterThan(0.926);
  });
});

/** mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
