import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Forecast } from './forecast.ts';
import { portAfter } from './port-series.ts';
import { planSharedOpenings, sharedCount } from './shared-count.ts';

const counting = (last: number, step: number, width = 12, address = '203.0.113.1'): Forecast => {
  return { kind: 'series', address, series: { last, step }, width };
};

const last = fc.integer({ min: 1024, max: 65_535 });
const step = fc.integer({ min: -300, max: 300 }).filter((value) => value !== 0);
const shift = fc.integer({ min: 0, max: 8 });

it('meets whatever others map in between, as far as the window reaches', () => {
  fc.assert(
    fc.property(last, step, shift, shift, shift, (from, by, later, f, g) => {
      const earlier = counting(from, by, 24);
      const newer = counting(portAfter({ last: from, step: by }, later), by, 12);
      const shared = sharedCount(earlier, newer)!;
      expect(sharedCount(newer, earlier)).toEqual(shared);
      const { width, series } = shared;
      const initiator = planSharedOpenings('initiator', shared);
      const responder = planSharedOpenings('responder', shared);
      const address = '203.0.113.1';
      const met = initiator.some((one) =>
        responder.some((other) => {
          const [source, target] = [portAfter(series, g + width + f + one.slot), portAfter(series, g + other.slot)];
          return (
            one.target.port === target &&
            other.target.port === source &&
            [one, other].every(({ target: { address: aim } }) => aim === address)
          );
        }),
      );
      expect(met).toBe(3 * g + f + 1 <= width);
    }),
    { numRuns: 2000 },
  );
});

it.each([
  ['another address', counting(5000, 1), counting(5004, 1, 12, '203.0.113.2')],
  ['another step', counting(5000, 1), counting(5004, 2)],
  ['ports far away', counting(5000, 1), counting(9000, 1)],
  ['ports that a step leaves out', counting(5000, 2), counting(5003, 2)],
  [
    'a side that keeps its endpoint',
    counting(5000, 1),
    { kind: 'steady', endpoint: { address: '203.0.113.1', port: 5001 } },
  ],
] as const)('%s: no shared count', (_, one, other) => {
  expect(sharedCount(one, other)).toBeUndefined();
});
