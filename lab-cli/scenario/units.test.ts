import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatBytes, parseBytes } from './byte-count.ts';
import { formatRate, parseRate } from './rate.ts';

it.each([
  ['1bit/s', 1],
  ['56kbit/s', 56_000],
  ['1.5Mbit/s', 1_500_000],
  ['10Gbit/s', 10_000_000_000],
])('%s is a rate', (text, bitsPerSecond) => {
  expect(parseRate(text)).toBe(bitsPerSecond);
  expect(formatRate(bitsPerSecond)).toBe(text);
});

it.each(['', '5', '5Mbit', '5 Mbit/s', '5Mbps', '5MB/s', '.5Mbit/s', '1.5bit/s', '-1kbit/s', '1e3kbit/s', '5mbit/s'])(
  '"%s" is none',
  (text) => expect(parseRate(text)).toBeUndefined(),
);

it.each([
  ['0B', 0],
  ['1500B', 1500],
  ['64kB', 64_000],
  ['312.5kB', 312_500],
  ['1MB', 1_000_000],
])('%s is a number of bytes', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
  expect(parseBytes(formatBytes(bytes))).toBe(bytes);
});

it.each(['', '5', '5KB', '5KiB', '5 kB', '1.5B', '-1B', '5Mb', '0.0001kB'])('"%s" is none', (text) =>
  expect(parseBytes(text)).toBeUndefined(),
);

it('what is written is read back', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 40), (value) => parseRate(formatRate(value)) === value),
    { seed: 1 },
  );
  fc.assert(
    fc.property(fc.nat(2 ** 40), (value) => parseBytes(formatBytes(value)) === value),
    { seed: 2 },
  );
});
