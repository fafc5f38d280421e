import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../simulator/world/random.ts';
import { FRAME_OVERHEAD, Impairment, whyLinkUnsupported } from './impairment.ts';

const SIZE = 1000 + FRAME_OVERHEAD;

/** Uniform numbers from a seed. */
function uniform(): () => number {
  const random = SeededRandom.fromText('wire');
  return () => random.below(1_000_000) / 1_000_000;
}

function enter(impairment: Impairment, frames: number): number[][] {
  return Array.from({ length: frames }, (_, index) => impairment.enter(index, SIZE));
}

it('delays, and nothing else, if nothing else is asked for', () => {
  expect(enter(new Impairment({ latencyUs: 20_500 }), 3)).toEqual([[20.5], [21.5], [22.5]]);
});

it('loses and duplicates as often as it is told to', () => {
  const out = enter(new Impairment({ latencyUs: 0, lossPpm: 100_000, duplicatePpm: 200_000 }, uniform()), 20_000);
  const count = (copies: number) => out.filter((times) => times.length === copies).length / out.length;
  expect(count(2)).toBeCloseTo(0.2 * 0.9 * 0.9, 1);
  expect(count(0)).toBeCloseTo(0.8 * 0.1 + 0.2 * 0.01, 1);
});

it('loses in bursts', () => {
  const burstLoss = { toBadPpm: 10_000, toGoodPpm: 100_000, goodLossPpm: 0, badLossPpm: 1_000_000 };
  const lost = enter(new Impairment({ latencyUs: 0, burstLoss }, uniform()), 50_000).map(({ length }) => length === 0);
  const share = lost.filter(Boolean).length / lost.length;
  expect(share).toBeGreaterThan(0.07); // one part in eleven of the time is bad
  expect(share).toBeLessThan(0.11);
  const afterLoss = lost.filter((_, index) => lost[index - 1]);
  expect(afterLoss.filter(Boolean).length / afterLoss.length).toBeGreaterThan(0.8);
});

describe('jitter', () => {
  it('keeps packets in their order, unless they may overtake each other', () => {
    const steady = enter(new Impairment({ latencyUs: 1000, jitterUs: 50_000 }, uniform()), 500).flat();
    expect(steady).toEqual([...steady].sort((left, right) => left - right));
    const loose = enter(new Impairment({ latencyUs: 1000, jitterUs: 50_000, reorder: true }, uniform()), 500).flat();
    expect(loose).not.toEqual([...loose].sort((left, right) => left - right));
  });

  it('stays within its bounds', () => {
    for (const [index, [atMs]] of enter(
      new Impairment({ latencyUs: 1000, jitterUs: 5000, reorder: true }, uniform()),
      500,
    ).entries()) {
      expect(atMs! - index).toBeGreaterThanOrEqual(1);
      expect(atMs! - index).toBeLessThanOrEqual(6);
    }
  });
});

describe('rate', () => {
  it('takes the time of the packet without what the wire puts around it, and drops what the queue has no room for', () => {
    // 8 Mbit/s: 1000 bytes take a millisecond.
    const impairment = new Impairment({ latencyUs: 0, rate: { bitsPerSecond: 8_000_000, queueBytes: 2000 } });
    expect(Array.from({ length: 5 }, () => impairment.enter(0, SIZE))).toEqual([[1], [2], [], [], []]);
    expect(impairment.enter(10, SIZE)).toEqual([11]);
  });
});

it('says what it does not have', () => {
  expect(whyLinkUnsupported({ latencyUs: 0, jitterUs: 1, lossPpm: 1 })).toBeUndefined();
  expect(whyLinkUnsupported({ latencyUs: 0, mtu: { bytes: 1400, oversize: 'ptb' } })).toMatch(/^link: mtu: /);
});
