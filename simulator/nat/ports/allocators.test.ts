import { describe, expect, test } from 'vitest';
import { DEFAULT_BEHAVIOUR, type PortAllocation } from '../../../core/nat/behaviour.ts';
import { SeededRandom } from '../../world/random.ts';
import { NONE } from '../pair-index.ts';
import { createAllocator } from './create-allocator.ts';
import { PortSpace } from './port-space.ts';

const HOST = 1;
const OTHER = 2;

function bench(ports: Partial<PortAllocation>, holdUs = 0) {
  const space = new PortSpace(holdUs);
  const allocator = createAllocator({ ...DEFAULT_BEHAVIOUR.ports, ...ports }, space, SeededRandom.fromText('ports'));
  return {
    space,
    allocator,
    take(internalPort = 5000, host = HOST): number {
      const port = allocator.choose(host, internalPort);
      if (port !== NONE) space.take(port);
      return port;
    },
  };
}

function differences(ports: readonly number[]): number[] {
  return ports.slice(1).map((port, index) => port - ports[index]);
}

describe('sequential', () => {
  test.each([1, 2, 7, -1, -3])('goes on by %i', (step) => {
    const { take } = bench({ allocation: 'sequential', step, range: [20000, 20999] });
    const ports = Array.from({ length: 10 }, () => take());
    // One of them may wrap: the first port is random.
    const strides = differences(ports).map((difference) => (difference + 2000) % 1000);
    expect(new Set(strides)).toEqual(new Set([(step + 1000) % 1000]));
  });

  test.each([1, -1, 3, -7])('wraps within the range and reaches every port by steps of %i', (step) => {
    const { take } = bench({ allocation: 'sequential', step, range: [40000, 40099] });
    const ports = new Set(Array.from({ length: 100 }, () => take()));
    expect(ports.size).toBe(100);
    expect([Math.min(...ports), Math.max(...ports)]).toEqual([40000, 40099]);
    expect(take()).toBe(NONE);
  });

  test('a step that divides the range still reaches every port', () => {
    const { take } = bench({ allocation: 'sequential', step: 10, range: [40000, 40099] });
    expect(new Set(Array.from({ length: 100 }, () => take())).size).toBe(100);
    expect(take()).toBe(NONE);
  });

  test('passes over a taken port in its stride', () => {
    const { take, space } = bench({ allocation: 'sequential', step: 5, range: [20000, 60000] });
    const first = take();
    space.take(first + 5);
    expect(take()).toBe(first + 10);
  });

  test('RFC 4787 REQ-4 with parity, the neighbour serves and the count goes on from there', () => {
    const { take } = bench({ allocation: 'sequential', step: 2, parity: true, range: [20000, 60000] });
    const even = take(5000);
    const odd = take(5001);
    expect([even % 2, odd % 2]).toEqual([0, 1]);
    expect(odd - even).toBe(3);
    expect(take(5003) - odd).toBe(2);
  });

  test('the end of an odd range is not forced into the wrong parity', () => {
    const { take } = bench({ allocation: 'sequential', parity: true, range: [40000, 40002] });
    expect([take(5000), take(5000)].sort()).toEqual([40000, 40002]);
    expect(take(5000)).toBe(NONE);
    expect(take(5001)).toBe(40001);
  });
});

describe('random', () => {
  test('is uniform over the range', () => {
    const { allocator } = bench({ allocation: 'random', range: [1024, 1024 + 63] });
    const counts = new Array<number>(64).fill(0);
    for (let draw = 0; draw < 64_000; draw++) counts[allocator.choose(HOST, 5000) - 1024]++;
    // Chi-squared with 63 degrees of freedom: above 103.4 once in a thousand times.
    const chiSquared = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquared).toBeLessThan(103.4);
  });

  test('is uniform over what is left, even when little is', () => {
    const { allocator, space } = bench({ allocation: 'random' });
    const left = new Set([1024, 30000, 30001, 65535]);
    for (let port = 1024; port <= 65535; port++) if (!left.has(port)) space.take(port);
    const counts = new Map<number, number>();
    for (let draw = 0; draw < 400; draw++) {
      const port = allocator.choose(HOST, 5000);
      counts.set(port, (counts.get(port) ?? 0) + 1);
    }
    expect(new Set(counts.keys())).toEqual(left);
    expect(Math.min(...counts.values())).toBeGreaterThan(70);
  });
});

describe('offset', () => {
  test.each([1000, -10_000])('adds %i, so that the distances between local ports stay', (offset) => {
    const { take } = bench({ allocation: 'offset', offset });
    expect([take(50_000), take(50_003), take(20_000)]).toEqual([50_000, 50_003, 20_000].map((port) => port + offset));
  });

  test('wraps within the range', () => {
    const { take } = bench({ allocation: 'offset', offset: 1000 });
    expect([take(64_535), take(64_536)]).toEqual([65_535, 1024]);
    const down = bench({ allocation: 'offset', offset: -1000, range: [20_000, 29_999] });
    expect(down.take(20_500)).toBe(29_500);
  });

  test('draws where the port is taken', () => {
    const { take } = bench({ allocation: 'offset', offset: 1000, range: [1024, 9000] });
    expect(take(5000)).toBe(6000);
    const second = take(5000);
    expect(second).not.toBe(6000);
    expect(second).toBeLessThanOrEqual(9000);
  });

  test('RFC 4787 REQ-4 with parity, an odd offset never fits', () => {
    const { take } = bench({ allocation: 'offset', offset: 1001, parity: true });
    const ports = Array.from({ length: 20 }, (_, index) => take(5000 + index));
    expect(ports.map((port, index) => (port ^ (5000 + index)) & 1)).toEqual(ports.map(() => 0));
  });
});

describe('local-sequential', () => {
  test.each([1, 3, -2])('goes on by %i where the local port follows the last one', (step) => {
    const { take } = bench({ allocation: 'local-sequential', step });
    const ports = Array.from({ length: 5 }, (_, index) => take(50_000 + index));
    expect(differences(ports)).toEqual([step, step, step, step]);
  });

  test('draws anew where it does not, or another mapping came in between', () => {
    const { take } = bench({ allocation: 'local-sequential' });
    const first = take(50_000);
    for (const [local, expected] of [
      [50_000, first + 1],
      [50_002, first + 2],
    ] as const)
      expect(take(local)).not.toBe(expected);
    const one = take(40_000);
    take(9000, OTHER);
    expect(take(40_001)).not.toBe(one + 1);
  });

  test('draws where the next port is taken, and follows the one that it drew', () => {
    const { take, space } = bench({ allocation: 'local-sequential' });
    const first = take(50_000);
    space.take(first + 1);
    const second = take(50_001);
    expect(second).not.toBe(first + 1);
    expect(take(50_002)).toBe(second + 1);
  });

  test('what came and went unseen came in between', () => {
    const { take, allocator } = bench({ allocation: 'local-sequential' });
    const first = take(50_000);
    allocator.skip(1);
    expect(take(50_001)).not.toBe(first + 1);
  });

  test('gives out every port', () => {
    const { take } = bench({ allocation: 'local-sequential', range: [40_000, 40_009] });
    const ports = Array.from({ length: 10 }, (_, index) => take(5000 + index));
    expect(new Set(ports).size).toBe(10);
    expect(take(5010)).toBe(NONE);
  });
});

describe('holds', () => {
  test('a port that only its last host may have is found even among thousands', () => {
    const { space, take } = bench({ allocation: 'random' }, 1_000_000);
    for (let port = 1024; port <= 65535; port++) space.take(port);
    space.release(12345, HOST, 0);
    expect(take(5000, OTHER)).toBe(NONE);
    expect(take(5000, HOST)).toBe(12345);
    space.settle(2_000_000);
    expect(take(5000, OTHER)).toBe(NONE); // taken again: there is no hold left to end
  });

  test('end when their time comes', () => {
    const { space, take } = bench({ allocation: 'random', range: [40000, 40001] }, 1_000_000);
    space.take(40000);
    space.take(40001);
    space.release(40000, HOST, 0);
    space.release(40001, HOST, 500_000);
    space.settle(999_999);
    expect(take(5000, OTHER)).toBe(NONE);
    space.settle(1_000_000);
    expect(take(5000, OTHER)).toBe(40000);
    expect(take(5000, OTHER)).toBe(NONE);
  });
});
