import { expect, test } from 'vitest';
import { rankBrokers } from './broker-rank.ts';

const brokers = Array.from({ length: 5 }, (_, index) => ({
  endpoint: { address: `192.0.2.${index + 1}`, port: 1883 },
}));
const keys = Array.from({ length: 2000 }, (_, index) => Buffer.from(`a key of 33 bytes, number ${index}`));

test('the order of the list does not matter', () => {
  const reversed = brokers.toReversed();
  for (const key of keys.slice(0, 50)) expect(rankBrokers(reversed, key)).toEqual(rankBrokers(brokers, key));
});

test('keys spread evenly', () => {
  const counts = new Map<unknown, number>();
  for (const key of keys) {
    const [first] = rankBrokers(brokers, key);
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  // 400 each; the standard deviation is 18.
  expect(counts.size).toBe(brokers.length);
  for (const count of counts.values()) expect(Math.abs(count - 400)).toBeLessThan(90);
});

test('a broker that goes moves only the keys that it had', () => {
  const gone = brokers[2]!;
  const left = brokers.filter((broker) => broker !== gone);
  for (const key of keys.slice(0, 200)) {
    expect(rankBrokers(left, key)).toEqual(rankBrokers(brokers, key).filter((broker) => broker !== gone));
  }
});
