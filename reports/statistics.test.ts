import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sample, spread, wilson } from './statistics.ts';

describe('Wilson score interval', () => {
  // R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3; the last two are the usual examples.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
    [10, 10, 0.7225, 1],
    [0, 10, 0, 0.2775],
  ])('%i of %i: %f to %f', (successes, trials, low, high) => {
    const interval = wilson(successes, trials);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('touches 0 and 1 exactly, where nothing or everything succeeded', () => {
    for (const trials of [1, 3, 20, 1_000_003]) {
      expect(wilson(0, trials).low).toBe(0);
      expect(wilson(trials, trials).high).toBe(1);
    }
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
  });

  it('solves the equation it is defined by: the share lies z standard errors from each bound', () => {
    const trials = fc.integer({ min: 1, max: 5_000 });
    const drawn = trials.chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 0, max: n })));
    fc.assert(
      fc.property(drawn, fc.constantFrom(95 as const, 99 as const), ([n, successes], confidence) => {
        const share = successes / n;
        const z = confidence === 95 ? 1.959963984540054 : 2.5758293035489004;
        const { low, high } = wilson(successes, n, confidence);
        if (successes > 0) expect(share - low).toBeCloseTo(z * Math.sqrt((low * (1 - low)) / n), 9);
        if (successes < n) expect(high - share).toBeCloseTo(z * Math.sqrt((high * (1 - high)) / n), 9);
        expect(low).toBeLessThanOrEqual(share);
        expect(high).toBeGreaterThanOrEqual(share);
      }),
      { seed: 1 },
    );
  });

  it('is wider at 99 percent and mirrors itself', () => {
    const narrow = wilson(30, 40, 95);
    const wide = wilson(30, 40, 99);
    expect(wide.low).toBeLessThan(narrow.low);
    expect(wide.high).toBeGreaterThan(narrow.high);
    expect(wilson(10, 40).low).toBeCloseTo(1 - narrow.high, 12);
  });
});

describe('percentiles', () => {
  it('nearest rank: the textbook example of 15, 20, 35, 40, 50', () => {
    const sample = new Sample();
    for (const value of [35, 50, 15, 40, 20]) sample.add(value);
    expect([5, 30, 40, 50, 100].map((percent) => sample.percentile(percent))).toEqual([15, 20, 20, 35, 50]);
  });

  it('is the smallest value that enough of the sample do not exceed', () => {
    const values = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 100 }), (drawn, percent) => {
        const sample = new Sample();
        for (const value of drawn) sample.add(value);
        const found = sample.percentile(percent)!;
        const atMost = (limit: number) => drawn.filter((value) => value <= limit).length;
        expect(drawn).toContain(found);
        expect(atMost(found) * 100).toBeGreaterThanOrEqual(percent * drawn.length);
        expect(atMost(found - 1) * 100).toBeLessThan(percent * drawn.length);
      }),
      { seed: 1 },
    );
  });

  it('may be asked between values', () => {
    const sample = new Sample();
    sample.add(3);
    expect(sample.percentile(50)).toBe(3);
    sample.add(1);
    expect(sample.percentile(50)).toBe(1);
  });

  it('keeps a uniform choice beyond its capacity, the same one every time', () => {
    const median = () => {
      const sample = new Sample(1_000);
      for (let value = 0; value < 100_000; value++) sample.add(value);
      expect(sample.count).toBe(100_000);
      expect(sample.exact).toBe(false);
      return sample.percentile(50)!;
    };
    // 1,000 of 100,000: the median's standard error is 1.6 percent of the range.
    expect(Math.abs(median() - 50_000)).toBeLessThan(5_000);
    expect(median()).toBe(median());
  });

  it('says when there is nothing', () => {
    expect(new Sample().percentile(50)).toBeUndefined();
    expect(spread(new Sample())).toBeNull();
    const sample = new Sample();
    for (let value = 1; value <= 100; value++) sample.add(value);
    expect(spread(sample)).toEqual({ count: 100, exact: true, p5: 5, p25: 25, median: 50, p75: 75, p95: 95 });
  });
});
