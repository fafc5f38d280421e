import { describe, expect, it } from 'vitest';
import { countTo, portAfter } from './port-series.ts';
import { contentionBetween, MAX_WINDOW, MIN_WINDOW, windowFor } from './window.ts';

describe('portAfter', () => {
  it.each([
    [{ last: 5000, step: 1 }, 1, 5001],
    [{ last: 5000, step: -3 }, 2, 4994],
    [{ last: 65_535, step: 1 }, 1, 1024],
    [{ last: 1024, step: -1 }, 1, 65_535],
    [{ last: 20_001, step: 2, range: [20_000, 20_009] }, 5, 20_001],
    [{ last: 1024, step: -32_768 }, 5, 1024 + 64_512 - ((5 * 32_768) % 64_512)],
  ] as const)('of %j, %i on: %i', (series, count, port) => {
    expect(portAfter(series, count)).toBe(port);
    expect(countTo(series, port, 10)).toBeLessThanOrEqual(count);
  });

  it('never meets what is out of step', () => {
    expect(countTo({ last: 5000, step: 2 }, 5003, 100)).toBeUndefined();
  });
});

describe('windowFor', () => {
  it.each([
    ['nothing is known', undefined, 1000, MIN_WINDOW],
    ['a quiet NAT', 0, 1000, MIN_WINDOW],
    ['20 mappings a second, a tenth of a second ago', 20, 100, MIN_WINDOW],
    ['50 mappings a second, 150 ms ago', 50, 150, 16],
    ['a NAT too busy to be predicted', 1000, 150, MAX_WINDOW],
  ])('%s: %s per second, %i ms: %i', (_, contention, ageMs, window) => {
    expect(windowFor(contention, ageMs)).toBe(window);
  });

  it('fails as seldom as it says (Poisson)', () => {
    for (const mean of [3, 5, 8, 10]) {
      const window = windowFor(mean, 1000);
      let term = Math.exp(-mean);
      let sum = 0;
      for (let count = 0; count < window; count++) {
        sum += term;
        term *= mean / (count + 1);
      }
      expect(sum).toBeGreaterThanOrEqual(0.995);
    }
  });
});

describe('contentionBetween', () => {
  it('counts what others mapped between two looks', () => {
    expect(contentionBetween({ last: 5000, step: 2 }, { last: 5040, step: 2 }, 10, 500)).toBe(20);
    expect(contentionBetween({ last: 65_530, step: 1 }, { last: 1030, step: 1 }, 12, 1000)).toBe(0);
    expect(contentionBetween({ last: 5000, step: 2 }, { last: 5001, step: 2 }, 0, 500)).toBeUndefined();
    expect(contentionBetween({ last: 5000, step: 2 }, { last: 5002, step: 1 }, 0, 500)).toBeUndefined();
  });
});
