import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FreshSample, forecastSeries, type KnownAllocation } from './forecast.ts';

const UNKNOWN: KnownAllocation = { allocation: 'unknown', step: 0 };
const KEEPS: KnownAllocation = { allocation: 'preserving', step: 0 };
const counts = (step: number): KnownAllocation => ({ allocation: 'sequential', step });

/** 0 stands for an answer that did not come. */
function samples(localPort: number, ...ports: number[]): FreshSample[] {
  return ports.map((port, index) => {
    return { localPort: localPort + index, mapped: port > 0 ? { address: '203.0.113.1', port } : undefined };
  });
}

function series(from: readonly FreshSample[], known: KnownAllocation) {
  const forecast = forecastSeries(from, known, 8);
  return forecast.kind === 'series' ? forecast.series : forecast.kind;
}

describe('forecastSeries', () => {
  it.each([
    ['a count', UNKNOWN, [5000, 5001, 5002], { last: 5002, step: 1 }],
    ['a count downwards', UNKNOWN, [5000, 4998, 4996], { last: 4996, step: -2 }],
    ['ports that are kept', UNKNOWN, [50_000, 50_001, 50_002], { last: 50_002, step: 1 }],
    ['ports that are kept but for one', KEEPS, [50_000, 9, 50_002], { last: 50_002, step: 1 }],
    ['a count, and others map', counts(2), [5000, 5006, 5008], { last: 5008, step: 2 }],
    ['a count, and a peer looks at it as well', counts(1), [5000, 5002, 5004], { last: 5004, step: 1 }],
    ['a count that turned round', counts(2), [5004, 5002, 5000], { last: 5000, step: -2 }],
    ['a count out of order', counts(1), [5002, 5000, 5001], { last: 5002, step: 1 }],
    ['a count over the end of the range', counts(1), [65_534, 65_535, 1024], { last: 1024, step: 1 }],
    ['a long step that is known', counts(-3000), [9000, 6000, 3000], { last: 3000, step: -3000 }],
    ['a count, one answer lost', counts(1), [5000, 0, 5002], { last: 5002, step: 1 }],
    ['ports that are kept, one answer lost', KEEPS, [50_000, 50_001, 0], { last: 50_002, step: 1 }],
    ['nobody knows what, one answer lost', UNKNOWN, [5000, 5001, 0], 'unpredictable'],
    ['one sample of a known count', counts(1), [5000], { last: 5000, step: 1 }],
    ['a long step that is not known', UNKNOWN, [9000, 8900, 8800], 'unpredictable'],
    ['two samples of nobody knows what', UNKNOWN, [5000, 5001], 'unpredictable'],
    ['ports anywhere', { allocation: 'random', step: 0 }, [41_000, 9000, 60_123], 'unpredictable'],
    ['no answer', KEEPS, [], 'unpredictable'],
  ] as const)('%s', (_, known, ports, expected) => {
    expect(series(samples(50_000, ...ports), known)).toEqual(expected);
  });

  it('does not believe in a count over several external addresses', () => {
    const [one, two, three] = samples(50_000, 5000, 5001, 5002) as [FreshSample, FreshSample, FreshSample];
    const other = { ...two, mapped: { address: '203.0.113.2', port: 5001 } };
    expect(series([one, other, three], UNKNOWN)).toBe('unpredictable');
  });

  it('takes chance for a count less than once in ten thousand times', () => {
    const port = fc.integer({ min: 1024, max: 65_535 });
    let mistaken = 0;
    fc.assert(
      fc.property(port, port, port, (a, b, c) => {
        if (series(samples(50_000, a, b, c), { allocation: 'random', step: 0 }) !== 'unpredictable') mistaken++;
      }),
      { numRuns: 20_000, seed: 7 },
    );
    expect(mistaken).toBeLessThanOrEqual(2);
  });
});
