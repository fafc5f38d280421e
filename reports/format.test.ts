import { describe, expect, it } from 'vitest';
import { counted, duration, integer, percent, percentRange } from './format.ts';

describe('percentages', () => {
  it.each([
    [20, 20, '100%'],
    [0, 20, '0%'],
    [0, 0, '–'],
    [19, 20, '95%'],
    [1, 3, '33%'],
    [999, 1_000, '99.9%'],
    [9_999, 10_000, '>99.9%'],
    [1, 10_000, '<0.1%'],
    [399, 400, '>99%'],
    [1, 400, '<1%'],
  ])('%i of %i is %s', (successes, trials, text) => {
    expect(percent(successes, trials)).toBe(text);
  });

  it('a narrow range has a decimal', () => {
    expect(percentRange({ low: 0.8389, high: 1 })).toBe('84–100%');
    expect(percentRange({ low: 0.9602, high: 0.9788 })).toBe('96.0–97.9%');
  });
});

it.each([
  [0.25, '0.3 ms'],
  [412.5, '413 ms'],
  [999.6, '1.00 s'],
  [1_240, '1.24 s'],
  [12_400, '12.4 s'],
])('%f ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

it('groups digits and counts things', () => {
  expect(integer(36_000)).toBe('36,000');
  expect(integer(999)).toBe('999');
  expect(integer(1_234_567)).toBe('1,234,567');
  expect(counted(1, 'pair')).toBe('1 pair');
  expect(counted(0, 'pair')).toBe('0 pairs');
});
