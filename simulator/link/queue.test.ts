import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LOST } from './impairment.ts';
import { packetOf } from './measure.suite.ts';
import { Queue } from './queue.ts';

const ENDLESS = 1_000_000_000;

describe('Queue', () => {
  test.each([
    [1_000_000, 100, 800],
    [3_000_000, 1000, 2667], // 2666.67: arrived when the last bit is there
    [56_000, 1500, 214_286],
    [10_000_000_000, 1500, 2], // 1.2
    [1000, 65_535, 524_280_000],
  ])('at %i bit/s a packet of %i bytes takes %i us', (bitsPerSecond, bytes, expected) => {
    const queue = new Queue({ bitsPerSecond, queueBytes: 0 });
    expect(queue.transit(packetOf(bytes), 0)).toBe(expected);
    expect(queue.transit(packetOf(bytes), 1_000_000_000)).toBe(expected);
  });

  test('the nth of a burst leaves after n times as long, without drift', () => {
    const queue = new Queue({ bitsPerSecond: 3_000_000, queueBytes: ENDLESS });
    for (let n = 1; n <= 100_000; n++) {
      expect(queue.transit(packetOf(1000), 0)).toBe(Math.ceil((n * 1000 * 8) / 3));
    }
  });

  test('takes what fits, drops the rest, and takes again once there is room', () => {
    const queue = new Queue({ bitsPerSecond: 8_000_000, queueBytes: 1000 }); // a byte each microsecond
    const send = (bytes: number, nowUs: number) => queue.transit(packetOf(bytes), nowUs);
    expect(send(400, 0)).toBe(400);
    expect(send(600, 0)).toBe(1000);
    expect(send(28, 0)).toBe(LOST);
    expect(send(28, 27)).toBe(LOST);
    expect(send(28, 28)).toBe(1000);
    expect(send(500, 600)).toBe(928);
    expect(queue.reason).toBe('link: queue full');
  });

  test('a packet that is longer than the queue passes when nothing is ahead of it', () => {
    const queue = new Queue({ bitsPerSecond: 8_000_000, queueBytes: 100 });
    expect(queue.transit(packetOf(1500), 0)).toBe(1500);
    expect(queue.transit(packetOf(28), 1499)).toBe(28 + 1);
    expect(queue.transit(packetOf(28), 1528)).toBe(28);
    expect(queue.transit(packetOf(1500), 1540)).toBe(LOST);
  });

  test('does what exact fractions say, whatever comes', () => {
    const packets = fc.array(fc.tuple(fc.integer({ min: 28, max: 9000 }), fc.nat(30_000)), { maxLength: 60 });
    const rates = fc.integer({ min: 1000, max: 100_000_000 });
    fc.assert(
      fc.property(rates, fc.integer({ min: 0, max: 50_000 }), packets, (bitsPerSecond, queueBytes, arrivals) => {
        const queue = new Queue({ bitsPerSecond, queueBytes });
        const exact = new ExactQueue(BigInt(bitsPerSecond), BigInt(queueBytes));
        let now = 0;
        for (const [bytes, gapUs] of arrivals) {
          now += gapUs;
          expect(queue.transit(packetOf(bytes), now)).toBe(exact.transit(BigInt(bytes), BigInt(now)));
        }
      }),
      { seed: 8, numRuns: 2000 },
    );
  });
});

/** The same in fractions of big integers: times are in units of a microsecond divided by the rate. */
class ExactQueue {
  #freeAt = 0n;

  constructor(
    readonly rate: bigint,
    readonly limit: bigint,
  ) {}

  transit(bytes: bigint, nowUs: bigint): number {
    const now = nowUs * this.rate;
    const ahead = this.#freeAt > now ? this.#freeAt - now : 0n; // bits, times a million
    if (ahead > 0n && ahead + bytes * 8_000_000n > this.limit * 8_000_000n) return LOST;
    this.#freeAt = now + ahead + bytes * 8_000_000n;
    const units = this.#freeAt - now;
    return Number((units + this.rate - 1n) / this.rate);
  }
}
