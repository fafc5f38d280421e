import { expect, test } from 'vitest';
import { compareWays } from './destination-order.ts';

/** RFC 6724 section 10.2, as far as no rule needs what an engine can't know. Each destination with the source of it. */
test.each([
  ['prefer matching scope', ['198.51.100.117', '198.51.100.121'], ['2001:db8:1::1', 'fe80::1'], 'first'],
  [
    'prefer matching scope, the other way',
    ['198.51.100.121', '169.254.13.78'],
    ['2001:db8:1::1', '2001:db8:1::2'],
    'second',
  ],
  ['prefer higher precedence', ['10.1.2.3', '10.1.2.4'], ['2001:db8:1::1', '2001:db8:1::2'], 'second'],
  ['prefer smaller scope', ['fe80::1', 'fe80::2'], ['2001:db8:1::1', '2001:db8:1::2'], 'first'],
  [
    'use longest matching prefix',
    ['2001:db8:1::1', '2001:db8:1::2'],
    ['2001:db8:3ffe::1', '2001:db8:3f44::2'],
    'first',
  ],
  [
    'prefer matching label',
    ['2002:c633:6401::1', '2002:c633:6401::2'],
    ['2001:db8:1::1', '2002:c633:6401::2'],
    'first',
  ],
  [
    'prefer higher precedence, native',
    ['2002:c633:6401::1', '2002:c633:6401::2'],
    ['2001:db8:1::1', '2001:db8:1::2'],
    'second',
  ],
  // Section 10.6: who has only a unique local address reaches others better by IPv4.
  ['unique local to global', ['2001:db8:1::1', 'fd00::2'], ['198.51.100.7', '192.0.2.1'], 'second'],
  ['unique local to itself', ['fd00::1', 'fd00::2'], ['198.51.100.7', '192.0.2.1'], 'second'],
  ['loopback first', ['::1', '::1'], ['127.0.0.1', '127.0.0.1'], 'first'],
  ['IPv4 stays as it is', ['198.51.100.7', '192.0.2.1'], ['192.0.2.9', '192.0.2.1'], 'same'],
] as const)('%s', (_, [one, oneSource], [other, otherSource], expected) => {
  const first = { destination: one, source: oneSource };
  const second = { destination: other, source: otherSource };
  const order = Math.sign(compareWays(first, second));
  expect(order === 0 ? 'same' : order < 0 ? 'first' : 'second').toBe(expected);
  expect(Math.sign(compareWays(second, first)) + order).toBe(0);
});
