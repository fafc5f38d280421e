import { describe, expect, test } from 'vitest';
import { type Packet, udpPacket } from '../packet.ts';
import { SeededRandom } from '../world/random.ts';
import { DirectedLink } from './directed-link.ts';
import { LOST } from './impairment.ts';
import type { LinkModel } from './link-model.ts';
import { expectWithin99 } from './measure.suite.ts';

const packet: Packet = udpPacket(1, 0, 1, 1, 2, 64, new Uint8Array(100));
const link = (model: LinkModel, seed = 'link'): DirectedLink => DirectedLink.of(model, SeededRandom.fromText(seed))!;

/** Arrival times of packets that leave a microsecond apart. */
function arrivals(directed: DirectedLink, count: number): number[] {
  return Array.from({ length: count }, (_, departure) => directed.transit(packet, departure));
}

describe('DirectedLink', () => {
  test('adds its latency', () => {
    expect(arrivals(link({ latencyUs: 250 }), 3)).toEqual([250, 251, 252]);
  });

  test('a model that does nothing is no link', () => {
    expect(DirectedLink.of({ latencyUs: 0, jitterUs: 0, lossPpm: 0 }, SeededRandom.fromText('x'))).toBeUndefined();
  });

  test('jitter is 0 to its bound, bounds included, every value about equally often', () => {
    const directed = link({ latencyUs: 1000, jitterUs: 4, reorder: true });
    const counts = new Map<number, number>();
    for (const [departure, arrival] of arrivals(directed, 10_000).entries()) {
      const late = arrival - departure - 1000;
      counts.set(late, (counts.get(late) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([0, 1, 2, 3, 4]);
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(200); // 5 standard deviations
  });

  test('keeps the order unless it may reorder', () => {
    const sorted = (times: number[]): number[] => [...times].sort((a, b) => a - b);
    const ordered = arrivals(link({ latencyUs: 100, jitterUs: 50 }), 500);
    expect(ordered).toEqual(sorted(ordered));
    const shuffled = arrivals(link({ latencyUs: 100, jitterUs: 50, reorder: true }), 500);
    expect(shuffled).not.toEqual(sorted(shuffled));
    expect(ordered.every((time, index) => time >= shuffled[index]!)).toBe(true);
  });

  test.each([0, 1, 10_000, 500_000, 1_000_000])('loses %i of a million', (lossPpm) => {
    const directed = link({ latencyUs: 1, lossPpm });
    const lost = arrivals(directed, 20_000).filter((time) => time === LOST).length;
    const expected = (20_000 * lossPpm) / 1e6;
    expect(Math.abs(lost - expected)).toBeLessThanOrEqual(5 * Math.sqrt(expected * (1 - lossPpm / 1e6)));
    if (lossPpm === 1_000_000) expect(directed.lossReason).toBe('link: loss');
  });

  test('a packet that is lost holds none up', () => {
    const directed = link({ latencyUs: 10, jitterUs: 1_000_000, lossPpm: 1_000_000 });
    expect(arrivals(directed, 50)).toEqual(Array.from({ length: 50 }, () => LOST));
  });

  test('the loss rate does not change the jitter of those that arrive', () => {
    const clean = arrivals(link({ latencyUs: 10, jitterUs: 1000, reorder: true }), 200);
    const jitters = new Set(clean.map((time, departure) => time - departure));
    const lossy = arrivals(link({ latencyUs: 10, jitterUs: 1000, reorder: true, lossPpm: 1 }), 200);
    expect(lossy).toEqual(clean);
    expect(jitters.size).toBeGreaterThan(100);
  });

  test('follows its seed', () => {
    const model = { latencyUs: 10, jitterUs: 1000 };
    expect(arrivals(link(model), 50)).toEqual(arrivals(link(model), 50));
    expect(arrivals(link(model, 'other'), 50)).not.toEqual(arrivals(link(model), 50));
  });

  test('exponential jitter keeps the order too, unless it may reorder', () => {
    const ordered = arrivals(link({ latencyUs: 100, exponentialJitterUs: 50 }), 500);
    expect(ordered).toEqual([...ordered].sort((a, b) => a - b));
    const shuffled = arrivals(link({ latencyUs: 100, exponentialJitterUs: 50, reorder: true }), 500);
    expect(shuffled).not.toEqual([...shuffled].sort((a, b) => a - b));
  });

  test('a packet that is held back holds none up, and is on time but for that', () => {
    const jittery = { latencyUs: 1000, jitterUs: 400 };
    const plain = arrivals(link(jittery), 5000);
    const held = arrivals(link({ ...jittery, holdBack: { sharePpm: 100_000, byUs: 3000 } }), 5000);
    const late = held.map((time, index) => time - plain[index]!);
    expect(new Set(late)).toEqual(new Set([0, 3000]));
    expect(late.filter((delay) => delay > 0).length).toBeGreaterThan(400);
    expect(held.some((time, index) => held[index + 1]! < time)).toBe(true);
  });

  test('duplicates its share', () => {
    const directed = link({ latencyUs: 1, duplicatePpm: 20_000 });
    const copies = Array.from({ length: 200_000 }, () => directed.duplicates()).filter(Boolean).length;
    expectWithin99(copies / 200_000, 0.02, (0.02 * 0.98) / 200_000);
    expect(link({ latencyUs: 1 }).duplicates()).toBe(false);
  });

  test('waits first, then loses, then travels', () => {
    const rate = { bitsPerSecond: 8_000_000, queueBytes: 300 };
    const directed = link({ latencyUs: 5000, rate, exactLoss: { lost: 1, of: 1 } });
    expect(arrivals(directed, 2)).toEqual([LOST, LOST]);
    expect(directed.lossReason).toBe('link: loss');
    // 128 bytes each, of which the lost ones have taken their share: two are there, a third does not fit.
    expect(directed.transit(packet, 2)).toBe(LOST);
    expect(directed.lossReason).toBe('link: queue full');
    const clean = link({ latencyUs: 5000, rate });
    expect(arrivals(clean, 3)).toEqual([5128, 5256, LOST]);
  });

  test('no effect changes what another one draws', () => {
    const effects = [{ jitterUs: 300 }, { exponentialJitterUs: 200 }, { holdBack: { sharePpm: 300_000, byUs: 9 } }];
    const delays = (model: Omit<LinkModel, 'latencyUs'>): number[] => {
      const all = arrivals(link({ latencyUs: 500, reorder: true, ...model }), 500);
      return all.map((arrival, departure) => arrival - departure - 500);
    };
    const [jitters, exponentials, holds] = effects.map(delays);
    const rest = { rate: { bitsPerSecond: 1_000_000_000_000, queueBytes: 1000 }, duplicatePpm: 500_000 };
    const together = delays(Object.assign(rest, ...effects));
    const sums = jitters!.map((jitter, index) => jitter + exponentials![index]! + holds![index]!);
    expect(together.map((delay) => delay - 1)).toEqual(sums); // and one microsecond for the transmitter
  });
});
