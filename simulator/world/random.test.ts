import { describe, expect, test } from 'vitest';
import { SeededRandom } from './random.ts';

/** sfc32 as PractRand defines it, written again with wide integers. */
function* reference(seed: readonly [number, number, number]): Generator<number> {
  let [a, b, c] = seed.map((word) => BigInt(word >>> 0)) as [bigint, bigint, bigint];
  let counter = 1n;
  const word = (value: bigint): bigint => value & 0xffff_ffffn;
  for (;;) {
    const sum = word(a + b + counter);
    counter = word(counter + 1n);
    a = b ^ (b >> 9n);
    b = word(c + (c << 3n));
    c = word(word((c << 21n) | (c >> 11n)) + sum);
    yield Number(sum);
  }
}

describe('SeededRandom', () => {
  test('is sfc32, after twelve rounds of mixing', () => {
    const seed = [0x1234_5678, 0x9abc_def0, 0xffff_ffff, 0] as const;
    const random = new SeededRandom(seed);
    const expected = reference([seed[0], seed[1], seed[2]]);
    for (let round = 0; round < 12; round++) expected.next();
    for (let draw = 0; draw < 1000; draw++) expect(random.uint32()).toBe(expected.next().value);
  });

  test('yields the same for the same text, and else something else', () => {
    const draw = (text: string): number[] => {
      const random = SeededRandom.fromText(text);
      return Array.from({ length: 4 }, () => random.uint32());
    };
    expect(draw('seed')).toEqual(draw('seed'));
    const all = ['', 'a', 'b', 'ab', 'ba', 'seed', 'seed '].map((text) => draw(text).join());
    expect(new Set(all).size).toBe(all.length);
    expect(draw('punchlab')).toEqual([3_984_930_011, 317_614_330, 3_949_043_097, 3_152_723_764]);
  });

  test('a fork depends on the seed and the label, and not on what was drawn', () => {
    const [fresh, used] = [SeededRandom.fromText('x'), SeededRandom.fromText('x')];
    for (let draw = 0; draw < 100; draw++) used.uint32();
    expect(used.fork('a').uint32()).toBe(fresh.fork('a').uint32());
    expect(fresh.fork('a').uint32()).not.toBe(fresh.fork('b').uint32());
    expect(fresh.fork('a').fork('b').uint32()).not.toBe(fresh.fork('b').fork('a').uint32());
    const before = fresh.fork('a').uint32();
    fresh.fork('c');
    expect(fresh.fork('a').uint32()).toBe(before);
  });

  test.each([1, 2, 3, 7, 1000, 0x8000_0001, 0x1_0000_0000])('below(%d) is in range, and evenly so', (limit) => {
    const random = SeededRandom.fromText('below');
    const buckets = new Array(Math.min(limit, 8)).fill(0);
    for (let draw = 0; draw < 8000; draw++) {
      const value = random.below(limit);
      expect(value >= 0 && value < limit && Number.isInteger(value)).toBe(true);
      buckets[Math.floor((value / limit) * buckets.length)]++;
    }
    const expected = 8000 / buckets.length;
    for (const count of buckets) expect(Math.abs(count - expected)).toBeLessThanOrEqual(5 * Math.sqrt(expected));
  });

  test.each([0, 1, 3, 4, 5, 1000])('bytes(%i) are that many', (length) => {
    const bytes = SeededRandom.fromText('bytes').bytes(length);
    expect(bytes).toHaveLength(length);
    if (length === 1000) expect(new Set(bytes).size).toBeGreaterThan(240);
  });
});
