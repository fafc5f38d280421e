import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LifetimeSearch } from './lifetime-search.ts';

/** Searches for a lifetime; every round ends with the first mapping that died. */
function search(lifetimeMs: number, options: { maxMs: number; precisionMs: number; width: number }) {
  const sections = new LifetimeSearch(options);
  let rounds = 0;
  for (let silences = sections.next(); silences.length > 0; silences = sections.next()) {
    rounds++;
    expect([...silences].sort((a, b) => a - b)).toEqual(silences);
    for (const silenceMs of silences) {
      if (silenceMs < lifetimeMs) sections.survived(silenceMs);
      else sections.died(silenceMs);
      if (silenceMs >= lifetimeMs) break;
    }
  }
  return { ...sections.bounds, rounds };
}

describe('LifetimeSearch', () => {
  it('closes in on any lifetime', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600_000 }), fc.integer({ min: 1, max: 16 }), (lifetimeMs, width) => {
        const { aliveMs, goneMs } = search(lifetimeMs, { maxMs: 600_000, precisionMs: 1000, width });
        expect(aliveMs).toBeLessThan(lifetimeMs);
        expect(goneMs).toBeGreaterThanOrEqual(lifetimeMs);
        expect(goneMs! - aliveMs).toBeLessThanOrEqual(1000);
      }),
    );
  });

  it('is the binary search of RFC 5780 section 4.6 with one silence at a time', () => {
    const sections = new LifetimeSearch({ maxMs: 100, precisionMs: 10, width: 1 });
    const tried: number[] = [];
    for (let [silence] = sections.next(); silence !== undefined; [silence] = sections.next()) {
      tried.push(silence);
      if (silence < 60) sections.survived(silence);
      else sections.died(silence);
    }
    expect(tried).toEqual([100, 50, 75, 62.5, 56.25]);
  });

  it('needs fewer rounds the more silences it may try at a time', () => {
    const rounds = [1, 2, 8].map((width) => search(120_000, { maxMs: 600_000, precisionMs: 2000, width }).rounds);
    expect(rounds).toEqual([10, 6, 3]);
  });

  it('ends when nothing dies within the longest silence', () => {
    expect(search(1000, { maxMs: 900, precisionMs: 10, width: 8 })).toEqual({
      aliveMs: 900,
      goneMs: undefined,
      rounds: 1,
    });
  });

  it('gives up if it never learns anything', () => {
    const sections = new LifetimeSearch({ maxMs: 1000, precisionMs: 10, width: 4 });
    let rounds = 0;
    while (sections.next().length > 0) rounds++;
    expect(rounds).toBe(20);
    expect(sections.bounds).toEqual({ aliveMs: 0, goneMs: undefined });
  });

  it('sees that what it hears is impossible', () => {
    const sections = new LifetimeSearch({ maxMs: 1000, precisionMs: 10, width: 1 });
    sections.died(400);
    expect(sections.contradictory).toBe(false);
    sections.survived(500);
    expect(sections.contradictory).toBe(true);
    expect(sections.next()).toEqual([]);
  });
});
