import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../world/random.ts';
import { exactLoss, exponentialJitter, holdBack, jitter, loss } from './impairment.ts';
import { expectWithin99, isLost, lossRuns, mean, verdicts } from './measure.suite.ts';

const COUNT = 200_000;
const random = (seed = 'impairment') => SeededRandom.fromText(seed);

describe('independent loss', () => {
  test.each([100, 10_000, 300_000])('loses %i of a million, each for itself', (ppm) => {
    const all = verdicts(loss(ppm, random()), COUNT);
    const share = ppm / 1e6;
    expectWithin99(all.filter(isLost).length / COUNT, share, (share * (1 - share)) / COUNT);
    const runs = lossRuns(all);
    expectWithin99(mean(runs), 1 / (1 - share), share / (1 - share) ** 2 / runs.length);
  });
});

describe('exact loss', () => {
  test('every block loses exactly its number, whatever the seed', () => {
    const cases = fc
      .record({ of: fc.integer({ min: 1, max: 300 }), seed: fc.string(), blocks: fc.integer({ min: 1, max: 5 }) })
      .chain((block) => fc.integer({ min: 0, max: block.of }).map((lost) => ({ ...block, lost })));
    fc.assert(
      fc.property(cases, ({ lost, of, seed, blocks }) => {
        const all = verdicts(exactLoss(lost, of, random(seed)), of * blocks).map(isLost);
        for (let block = 0; block < blocks; block++) {
          expect(all.slice(block * of, (block + 1) * of).filter(Boolean)).toHaveLength(lost);
        }
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test('at random places: every pattern of a block about equally often', () => {
    const blocks = 30_000;
    const all = verdicts(exactLoss(2, 5, random()), 5 * blocks).map((verdict) => (isLost(verdict) ? 'x' : '.'));
    const patterns = new Map<string, number>();
    for (let block = 0; block < blocks; block++) {
      const pattern = all.slice(block * 5, block * 5 + 5).join('');
      patterns.set(pattern, (patterns.get(pattern) ?? 0) + 1);
    }
    expect(patterns.size).toBe(10); // 5 choose 2
    const expected = blocks / 10;
    const chiSquare = [...patterns.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(21.67); // 99 % of the distribution with 9 degrees of freedom
  });
});

describe('uniform jitter', () => {
  test('has the mean and the spread of its distribution', () => {
    const all = verdicts(jitter(1000, random()), COUNT);
    expectWithin99(mean(all), 500, (1001 ** 2 - 1) / 12 / COUNT);
    expect([Math.min(...all.slice(0, 50_000)), Math.max(...all.slice(0, 50_000))]).toEqual([0, 1000]);
  });
});

describe('exponential jitter', () => {
  test.each([10, 5000, 2_000_000])('with a mean of %i us', (meanUs) => {
    const all = verdicts(exponentialJitter(meanUs, random()), COUNT);
    expect(all.every((value) => Number.isInteger(value) && value >= 0 && value <= 16 * meanUs)).toBe(true);
    // Whole microseconds lose half a one on average.
    expectWithin99(mean(all) + 0.5, meanUs, meanUs ** 2 / COUNT + 0.01);
    for (const means of [0.5, 1, 2, 5]) {
      const later = all.filter((value) => value >= means * meanUs).length / COUNT;
      const expected = Math.exp(-means);
      expectWithin99(later, expected, (expected * (1 - expected)) / COUNT);
    }
  });

  test('is never later than 16 times the mean', () => {
    // The first of ever smaller draws decides: two that fall end every round without a result.
    let calls = 0;
    const falling = { uint32: () => [5, 3, 9][calls++ % 3]! } as unknown as SeededRandom;
    expect(exponentialJitter(100, falling).transit(undefined!, 0)).toBe(1600);
  });
});

describe('hold back', () => {
  test('delays its share, by the time that it is told', () => {
    const all = verdicts(holdBack(50_000, 7000, random()), COUNT);
    expect(new Set(all)).toEqual(new Set([0, 7000]));
    expectWithin99(all.filter((delay) => delay > 0).length / COUNT, 0.05, (0.05 * 0.95) / COUNT);
  });
});
