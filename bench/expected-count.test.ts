import { describe, expect, it } from 'vitest';
import { expectedCount } from './expected-count.ts';

describe('expectedCount', () => {
  it('has the central interval of the binomial distribution', () => {
    // By a table of the distribution: P(X <= 3) = 0.0013, P(X <= 4) = 0.0059; symmetric.
    expect(expectedCount(Array.from({ length: 20 }, () => 0.5))).toEqual({ mean: 10, low: 4, high: 16 });
    expect(expectedCount([1, 1, 0])).toEqual({ mean: 2, low: 2, high: 2 });
    expect(expectedCount([])).toEqual({ mean: 0, low: 0, high: 0 });
  });

  it('holds for chances that differ', () => {
    const chances = [0.2, 0.9, 0.5, 0.5, 0.7, 0.99, 0.01];
    const { mean, low, high } = expectedCount(chances, 0.9);
    let inside = 0;
    for (let outcome = 0; outcome < 2 ** chances.length; outcome++) {
      const hits = chances.map((_, index) => (outcome >> index) & 1);
      const count = hits.reduce((sum, hit) => sum + hit, 0);
      const likely = chances.reduce((product, chance, index) => product * (hits[index] ? chance : 1 - chance), 1);
      if (count >= low && count <= high) inside += likely;
    }
    expect(mean).toBeCloseTo(3.8, 12);
    expect(inside).toBeGreaterThanOrEqual(0.9);
    expect(high - low).toBeLessThan(chances.length);
  });
});
