import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agree } from './ntp-quorum.ts';

const sample = (offsetMs: number, errorMs: number) => ({ offsetMs, errorMs });

describe('a quorum', () => {
  it('takes what most servers share', () => {
    expect(agree([sample(10, 5), sample(12, 5), sample(900, 5)], 3)).toEqual({ offsetMs: 11, errorMs: 4, agreeing: 2 });
    expect(agree([sample(10, 5), sample(10, 1), sample(13, 3)], 3)).toMatchObject({ offsetMs: 10.5, errorMs: 0.5 });
    expect(agree([sample(5, 1)], 1)).toEqual({ offsetMs: 5, errorMs: 1, agreeing: 1 });
  });

  it('is none without more than half of those that were asked', () => {
    expect(agree([], 3)).toBeUndefined();
    expect(agree([sample(10, 5)], 2)).toBeUndefined();
    expect(agree([sample(0, 5), sample(100, 5), sample(200, 5)], 3)).toBeUndefined();
    expect(agree([sample(0, 5), sample(1, 5), sample(200, 5), sample(300, 5)], 4)).toBeUndefined();
  });

  it('holds the truth whatever the lies, as long as most servers are right', () => {
    const right = fc.tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: -100, max: 100 }));
    const wrong = fc.tuple(fc.integer({ min: 1, max: 100 }), fc.integer({ min: -1e6, max: 1e6 }));
    fc.assert(
      fc.property(fc.array(right, { minLength: 3, maxLength: 6 }), fc.array(wrong, { maxLength: 2 }), (good, bad) => {
        const samples = [
          ...good.map(([errorMs, skew]) => sample((errorMs * skew) / 100, errorMs)),
          ...bad.map(([errorMs, offsetMs]) => sample(offsetMs, errorMs)),
        ];
        const clock = agree(samples, samples.length)!;
        // The truth is 0. A lie may narrow what is shared, but only within what an honest server allows.
        const bound = Math.max(...good.map(([errorMs]) => errorMs)) * 2;
        expect(Math.abs(clock.offsetMs)).toBeLessThanOrEqual(bound);
      }),
      { numRuns: 500, seed: 5905 },
    );
  });
});
