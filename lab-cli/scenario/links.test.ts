import { describe, expect, it, test } from 'vitest';
import type { LinkModel } from '../../simulator/index.ts';
import { LINKS } from './links.ts';

const up = (name: string): LinkModel => LINKS.get(name)!.up;
const down = (name: string): LinkModel => LINKS.get(name)!.down;

function meanMs({ latencyUs, jitterUs = 0, exponentialJitterUs = 0 }: LinkModel): number {
  return (latencyUs + jitterUs / 2 + exponentialJitterUs) / 1000;
}

function lossPercent({ lossPpm = 0, timedLoss }: LinkModel): number {
  if (!timedLoss) return lossPpm / 10_000;
  const { goodUs, badUs, goodLossPpm, badLossPpm } = timedLoss;
  return (goodUs * goodLossPpm + badUs * badLossPpm) / (goodUs + badUs) / 10_000;
}

describe('the numbers are those of the sources', () => {
  it.each([
    ['cable', 32],
    ['dsl', 49],
    ['lte', 53],
    ['satellite-geo', 600],
    ['satellite-leo', 50],
    ['bad-cellular', 300],
  ])('%s: a round trip takes %i ms on average', (name, ms) => {
    expect(meanMs(up(name)) + meanMs(down(name))).toBe(ms);
  });

  it.each([
    ['wifi-bad', 1],
    ['bad-cellular', 5],
    ['satellite-leo', 0.5],
  ])('%s loses %f%%', (name, percent) => {
    expect(lossPercent(up(name))).toBeCloseTo(percent, 1);
    expect(lossPercent(down(name))).toBeCloseTo(percent, 1);
  });

  it('5g: 7 ms down, and between that and 18 ms up', () => {
    expect(meanMs(down('5g'))).toBe(7);
    expect(meanMs(up('5g'))).toBe(12);
  });
});

test('every link says where its numbers come from', () => {
  for (const { sources } of LINKS.values()) expect(sources.length).toBeGreaterThan(0);
});

// Results that were published with these names must come out again.
test.each<[string, LinkModel]>([
  ['lan', { latencyUs: 1000, jitterUs: 0, lossPpm: 0 }],
  ['fibre', { latencyUs: 5000, jitterUs: 0, lossPpm: 0 }],
  ['broadband', { latencyUs: 20_000, jitterUs: 0, lossPpm: 0 }],
  ['mobile', { latencyUs: 30_000, jitterUs: 16_000, lossPpm: 5000 }],
  ['satellite', { latencyUs: 280_000, jitterUs: 5000, lossPpm: 1000 }],
])('%s stays as it is', (name, model) => {
  expect([up(name), down(name)]).toEqual([model, model]);
});
