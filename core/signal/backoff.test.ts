import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../simulator/world/random.ts';
import { Backoff } from './backoff.ts';

describe('Backoff', () => {
  it('draws from 0 to a ceiling that doubles up to half a minute, and starts again when told to', () => {
    const ceilings: number[] = [];
    const random = SeededRandom.fromText('backoff');
    const spy = {
      ...random,
      below: (limit: number) => {
        ceilings.push(limit - 1);
        return random.below(limit);
      },
    };
    const backoff = new Backoff(spy as unknown as SeededRandom);
    const waits = Array.from({ length: 9 }, () => backoff.nextMs());
    backoff.reset();
    backoff.nextMs();
    expect(ceilings).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 500]);
    expect(waits.every((wait, index) => wait >= 0 && wait <= ceilings[index]!)).toBe(true);
    expect(new Set(waits).size).toBeGreaterThan(7);
  });
});
