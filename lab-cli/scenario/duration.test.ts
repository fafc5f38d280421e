import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatDurationUs, parseDurationUs } from './duration.ts';

it.each([
  ['20ms', 20_000],
  ['2m', 120_000_000],
  ['2h4m', 7_440_000_000],
  ['1h2m3s4ms5us', 3_723_004_005],
  ['0ms', 0],
  ['0.5ms', 500],
  ['1.1s', 1_100_000],
  ['1.5h', 5_400_000_000],
])('%s', (text, us) => {
  expect(parseDurationUs(text)).toBe(us);
});

it.each(['', '20', '20 ms', 'ms', '4m2h', '-1s', '1e3ms', '0.1us', '1d', '2m2m', '9999999999h', '.5s', '1.s'])(
  '%j is none',
  (text) => {
    expect(parseDurationUs(text)).toBeUndefined();
  },
);

it('are read back as they were written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e12 }), (us) => {
      expect(parseDurationUs(formatDurationUs(us))).toBe(us);
    }),
  );
  expect(formatDurationUs(7_440_000_000)).toBe('2h4m');
  expect(formatDurationUs(0)).toBe('0ms');
});
