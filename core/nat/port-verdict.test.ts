import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../simulator/world/random.ts';
import type { PortSample } from './port-report.ts';
import { judgePorts } from './port-verdict.ts';

const GAP_US = 41_000;
const DESTINATION = { address: '192.0.2.2', port: 3478 };

interface Shape {
  /** One for each mapping; different ones far from each other by default. */
  readonly locals?: readonly number[];
  /** How many mappings are made in each turn. @default one */
  readonly turns?: readonly number[];
  readonly prompt?: boolean;
  readonly address?: (index: number) => string;
}

/** Mappings with these external ports, made in this order. */
function made(ports: readonly number[], { locals, turns, prompt = true, address }: Shape = {}): PortSample[] {
  const turnOf = (turns ?? ports.map(() => 1)).flatMap((size, turn) => Array.from({ length: size }, () => turn));
  return ports.map((port, index) => {
    const sentUs = turnOf[index]! * GAP_US;
    return {
      localPort: locals?.[index] ?? 50_000 + 37 * index * index + index,
      destination: DESTINATION,
      mapped: { address: address?.(index) ?? '203.0.113.1', port },
      sentUs,
      answeredUs: sentUs + GAP_US,
      prompt,
    };
  });
}

function verdict(ports: readonly number[], shape?: Shape): [string, number] {
  const { allocation, step } = judgePorts(made(ports, shape));
  return [allocation.value, step];
}

/** As a full discovery takes them: one, one, two at once, and so on. */
const FULL = [1, 1, 2, 1, 2, 1, 2, 1, 2];

describe('judgePorts', () => {
  it.each<[string, readonly number[], Shape, string, number]>([
    ['a count', [1000, 1001, 1002, 1003], {}, 'sequential', 1],
    ['a count that falls', [1003, 1002, 1001, 1000], {}, 'sequential', -1],
    ['a step of two, told by two at once', [1000, 1002, 1004, 1006], { turns: [1, 1, 2] }, 'sequential', 2],
    ['two at once in the wrong order', [1000, 1002, 1006, 1004], { turns: [1, 1, 2] }, 'sequential', 2],
    ['a count that others share', [1000, 1006, 1010, 1012], { turns: [1, 1, 2] }, 'sequential', 2],
    ['steps of two that may be others’ in a count of one', [1000, 1002, 1004, 1006], {}, 'unknown', 0],
    ['the same, but eight of them', [0, 2, 4, 6, 8, 10, 12, 14].map((by) => 1000 + by), {}, 'sequential', 2],
    [
      'two at once of which one was repeated',
      [1000, 1002, 1004, 1006],
      { turns: [1, 1, 2], prompt: false },
      'unknown',
      0,
    ],
    ['a wrap', [65_533, 65_534, 65_535, 1024, 1025, 1026, 1027], { turns: [1, 1, 2, 1, 2] }, 'sequential', 1],
    [
      'a wrap between two at once',
      [65_531, 65_533, 1024, 65_535, 1026, 1030, 1028],
      { turns: [1, 1, 2, 1, 2] },
      'sequential',
      2,
    ],
    [
      'a wrap downwards',
      [1028, 1026, 1024, 65_534, 65_532, 65_530, 65_528],
      { turns: [1, 1, 2, 1, 2] },
      'sequential',
      -2,
    ],
    ['a wrap among too few', [65_534, 65_535, 1024, 1025], { turns: [1, 1, 2] }, 'unknown', 0],
    ['ports all over the place', [40_000, 3000, 60_123, 22_000, 51_000, 9001], {}, 'random', 0],
    ['ports close together', [2010, 2200, 2001, 2150, 2300, 2099, 2017, 2250, 2120], {}, 'block', 0],
    ['too few ports close together', [2010, 2200, 2001, 2150, 2100], {}, 'unknown', 0],
    ['too few ports', [40_000, 3000], {}, 'unknown', 0],
    ['no port', [], {}, 'unknown', 0],
    ['local ports', [50_000, 50_100, 50_300], { locals: [50_000, 50_100, 50_300] }, 'preserving', 0],
    ['one local port', [50_000], { locals: [50_000] }, 'preserving', 0],
    ['local ports but one', [50_000, 7, 50_300], { locals: [50_000, 50_100, 50_300] }, 'preserving', 0],
    ['one of two local ports', [50_000, 7], { locals: [50_000, 50_100] }, 'unknown', 0],
    [
      'a local port, and others for other destinations',
      [50_000, 7, 60_000],
      { locals: [50_000, 50_000, 50_000] },
      'preserving',
      0,
    ],
    ['local ports and a constant', [60_000, 60_100, 60_300], { locals: [50_000, 50_100, 50_300] }, 'offset', 10_000],
    [
      'local ports and a constant, round the end of the range',
      [60_000, 1030, 60_300, 1100, 64_000],
      { locals: [50_000, 55_542, 50_300, 55_612, 54_000] },
      'offset',
      10_000,
    ],
    [
      'local ports less a constant, round the end of the range',
      [2000, 65_000, 2300, 3000],
      { locals: [12_000, 10_488, 12_300, 13_000] },
      'offset',
      -10_000,
    ],
    [
      'two constants without an order',
      [60_000, 65_300, 60_600, 60_700, 60_900],
      { locals: [50_000, 50_300, 50_600, 50_700, 50_900] },
      'random',
      0,
    ],
    [
      'local ports that grow evenly, and a constant',
      [60_000, 60_100, 60_200],
      { locals: [50_000, 50_100, 50_200] },
      'unknown',
      0,
    ],
  ])('takes %s for what it is', (_name, ports, shape, value, step) => {
    expect(verdict(ports, shape)).toEqual([value, step]);
  });

  it('counts a mapping that is used again once', () => {
    const [one, two] = made([50_000, 50_000], { locals: [1, 1] });
    const { samples } = judgePorts([one!, { ...two!, destination: { address: '192.0.2.3', port: 3479 } }]);
    expect(samples).toHaveLength(1);
  });

  it('lets each external address count for itself', () => {
    const ports = [1000, 7000, 1002, 7004, 1004, 1006, 7006, 1008, 7008];
    const address = (index: number) => `203.0.113.${ports[index]! < 5000 ? 1 : 2}`;
    const turns = [1, 1, 1, 1, 2, 1, 2];
    expect(verdict(ports, { address, turns })).toEqual(['sequential', 2]);
    expect(judgePorts(made(ports, { address, turns })).allocation).toMatchObject({
      evidence: expect.stringContaining('203.0.113.2:7008'),
    });
  });

  it('says how busy others are', () => {
    const { contention } = judgePorts(made([1000, 1011, 1021, 1022], { turns: [1, 1, 2] }));
    expect(contention).toBeCloseTo(19 / (2 * (GAP_US / 1e6)), 5);
    expect(judgePorts(made([1000, 1001, 1002, 1003])).contention).toBe(0);
    expect(judgePorts(made([9, 40_000, 3000, 60_123, 22_000])).contention).toBeUndefined();
  });

  it('reports the lowest and the highest port that it saw', () => {
    expect(judgePorts(made([40_000, 3000, 60_123])).range).toEqual([3000, 60_123]);
    expect(judgePorts([]).range).toBeUndefined();
  });

  describe('looks at local ports that follow each other where ports seem random', () => {
    const scattered = made([40_000, 3000, 60_123, 22_000, 51_000, 9001]);
    const locals = [50_000, 50_001, 50_002, 50_003];

    it.each<[string, readonly number[], readonly number[], string, number]>([
      ['steps', [1000, 1002, 1004, 1006], locals, 'local-sequential', 2],
      ['steps down', [1006, 1005, 1004, 1003], locals, 'local-sequential', -1],
      ['no steps', [1000, 1002, 1005, 1006], locals, 'random', 0],
      ['steps of chance', [1000, 9000, 17_000, 25_000], locals, 'random', 0],
      ['too few', [1000, 1002, 1004], locals, 'random', 0],
      ['local ports with gaps', [1000, 1002, 1004, 1006], [1, 2, 4, 5], 'random', 0],
    ])('%s', (_name, ports, neighbours, value, step) => {
      const report = judgePorts(scattered, made(ports, { locals: neighbours }));
      expect([report.allocation.value, report.step]).toEqual([value, step]);
    });

    it('but not where they make sense already', () => {
      const counting = made([1000, 1001, 1002, 1003]);
      expect(judgePorts(counting, made([7, 9, 11, 13], { locals })).step).toBe(1);
    });
  });

  it('finds any step, however others map meanwhile, or says that it does not know', () => {
    const step = fc.integer({ min: -2000, max: 2000 }).filter((value) => value !== 0);
    const foreign = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 9, maxLength: 9 });
    fc.assert(
      fc.property(step, foreign, fc.integer({ min: 1024, max: 65_535 }), (by, busy, first) => {
        let port = first;
        const ports = FULL.flatMap((size, turn) =>
          Array.from({ length: size }, (_, index) => {
            port = 1024 + ((((port - 1024 + by * (1 + (index === 0 ? busy[turn]! : 0))) % 64_512) + 64_512) % 64_512);
            return port;
          }),
        );
        const [value, found] = verdict(ports, { turns: FULL });
        // A step so long that it goes round more than once shows itself no more.
        expect(value === 'unknown' || value === 'random' ? 'no step' : found).toBe(
          value === 'sequential' ? by : 'no step',
        );
        const span = Math.abs(by) * (13 + busy.reduce((sum, count) => sum + count, 0));
        if (span < 64_512) expect(value).toBe('sequential');
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it('sees a count in chance less than once in a thousand times', () => {
    const shapes = { 'few on one port': [1, 2], quick: [1, 1, 2], 'quick, dependent': [1, 1, 2, 2], full: FULL };
    const ranges = { all: 64_512, Linux: 28_232, dynamic: 16_384, 'a block of 4,096': 4096, 'a block of 512': 512 };
    const random = SeededRandom.fromText('chance');
    const RUNS = 1500;
    for (const [shape, turns] of Object.entries(shapes)) {
      for (const [range, size] of Object.entries(ranges)) {
        let wrong = 0;
        for (let run = 0; run < RUNS; run++) {
          const ports = new Set<number>();
          const count = turns.reduce((sum, turn) => sum + turn, 0);
          while (ports.size < count) ports.add(1024 + random.below(size));
          const [value] = verdict([...ports], { turns });
          if (value === 'sequential' || value === (size <= 4096 ? 'random' : 'block')) wrong++;
        }
        expect([shape, range, wrong <= RUNS / 1000 + 1]).toEqual([shape, range, true]);
      }
    }
  });
});
