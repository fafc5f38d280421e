import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../simulator/world/random.ts';
import { searchOrder, spreadOf } from './search-order.ts';

function take(count: number, ports: Iterable<number>): number[] {
  const taken: number[] = [];
  for (const port of ports) {
    if (taken.length === count) break;
    taken.push(port);
  }
  return taken;
}

function samples(...pairs: [localPort: number, port: number][]) {
  return pairs.map(([localPort, port]) => ({ localPort, mapped: { address: '203.0.113.1', port } }));
}

const random = () => SeededRandom.fromText('search');

describe('spreadOf', () => {
  it('is the range that was seen', () => {
    expect(spreadOf(samples([50_001, 7000], [50_002, 6000], [50_003, 6500]))).toEqual({
      low: 6000,
      high: 7000,
      parity: undefined,
      seen: [7000, 6000, 6500],
    });
    expect(spreadOf([{ localPort: 1, mapped: undefined }])).toBeUndefined();
  });

  it('believes in parity after ten ports that all keep it, and not after nine', () => {
    const kept = Array.from({ length: 10 }, (_, index): [number, number] => [
      50_000 + index,
      6000 + 7 * 2 * index + (index % 2),
    ]);
    expect(spreadOf(samples(...kept))!.parity).toBe(0);
    expect(spreadOf(samples(...kept.slice(1)))!.parity).toBeUndefined();
    expect(spreadOf(samples(...kept.slice(1), [50_000, 6001]))!.parity).toBeUndefined();
  });
});

describe('searchOrder', () => {
  it('meets every port once, but for those in use', () => {
    const port = fc.integer({ min: 1024, max: 65_535 });
    fc.assert(
      fc.property(port, port, (one, other) => {
        const spread = { low: Math.min(one, other), high: Math.max(one, other), parity: undefined, seen: [one, other] };
        const ports = new Set(searchOrder(spread, random()));
        expect(ports.size).toBe(64_512 - new Set([one, other]).size);
        expect([...ports].every((each) => each >= 1024 && each <= 65_535 && each !== one && each !== other)).toBe(true);
      }),
      { numRuns: 5 },
    );
  });

  it('searches a block before all else, and then around it', () => {
    const block = { low: 20_040, high: 20_470, parity: undefined, seen: [20_040, 20_470] };
    const order = searchOrder(block, random());
    const inside = take(429, order);
    expect(inside.every((port) => port > 20_040 && port < 20_470)).toBe(true);
    const margin = take(200, searchOrder({ ...block, seen: [] }, random()));
    expect(new Set(margin).size).toBe(200);
  });

  it('keeps to even ports where parity is kept', () => {
    const spread = { low: 30_000, high: 40_000, parity: 0 as const, seen: [] };
    expect(take(1000, searchOrder(spread, random())).every((port) => port % 2 === 0)).toBe(true);
  });
});
