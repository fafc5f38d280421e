import { expect, test } from 'vitest';
import { RealRandom } from './real-random.ts';

const random = new RealRandom();

test('words are integers below 2^32, and blocks of them do not repeat', () => {
  const words = Array.from({ length: 5000 }, () => random.uint32());
  expect(words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32)).toBe(true);
  // 5000 draws of 2^32 hold more than 20 pairs with a probability below 10^-40.
  expect(new Set(words).size).toBeGreaterThan(4980);
});

test.each([1, 2, 3, 10, 2 ** 31 + 1, 2 ** 32])('below(%d) stays in range', (limit) => {
  for (let round = 0; round < 1000; round++) {
    const draw = random.below(limit);
    expect(Number.isInteger(draw) && draw >= 0 && draw < limit).toBe(true);
  }
});

test('below() favours nobody, where a plain remainder would', () => {
  // With 3 * 2^30 values the remainder would make the lowest third twice as likely as the others: half of all draws.
  const draws = Array.from({ length: 20_000 }, () => random.below(3 * 2 ** 30));
  const share = draws.filter((draw) => draw < 2 ** 30).length / draws.length;
  expect(Math.abs(share - 1 / 3)).toBeLessThan(0.05); // 15 standard deviations
});

test.each([0, -1, 1.5, 2 ** 32 + 1, Number.NaN])('below(%d) has nothing to choose from', (limit) => {
  expect(() => random.below(limit)).toThrow(RangeError);
});

test('bytes are as many as asked for, and fresh', () => {
  expect(random.bytes(0)).toHaveLength(0);
  expect(random.bytes(33)).toHaveLength(33);
  expect(random.bytes(32)).not.toEqual(random.bytes(32));
  expect(random.fork('a').bytes(32)).not.toEqual(random.fork('a').bytes(32));
});
