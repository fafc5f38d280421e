import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

const SECOND = 1_000_000;

describe('TokenBucket', () => {
  it('lets a burst through, then what its rate allows', () => {
    const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, 0);
    const take = (now: number, count: number) => Array.from({ length: count }, () => bucket.take(now));
    expect(take(0, 4)).toEqual([true, true, true, false]);
    expect(take(SECOND, 3)).toEqual([true, true, false]);
    expect(take(SECOND * 1.4, 1)).toEqual([false]);
    expect(take(SECOND * 1.5, 1)).toEqual([true]);
    expect(take(SECOND * 100, 5)).toEqual([true, true, true, false, false]);
  });

  it('never lets more through than burst and rate together, however it is asked', () => {
    const asks = fc.array(fc.nat(3 * SECOND), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(asks, (gaps) => {
        const bucket = new TokenBucket({ burst: 5, perSecond: 1 }, 0);
        let now = 0;
        let taken = 0;
        for (const gap of gaps) if (bucket.take((now += gap))) taken++;
        expect(taken).toBeLessThanOrEqual(5 + now / SECOND);
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});
