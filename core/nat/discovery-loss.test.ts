import { describe, expect, it } from 'vitest';
import type { LinkModel } from '../../simulator/index.ts';
import type { NatDescription } from './behaviour.ts';
import { discover, PAIRS } from './discovery-world.suite.ts';
import type { NatReport } from './nat-report.ts';

/** Their outcome is in docs/discovery.md. `DISCOVERY_RUNS=20000 npx vitest run core/nat/discovery-loss` is for doubters. */
const RUNS = Number(process.env.DISCOVERY_RUNS ?? 1000);

const DELAY = { latencyUs: 40_000, jitterUs: 20_000, reorder: true };
/** Every tenth packet, by itself, or all of them a tenth of the time. */
const LINES: Readonly<Record<string, LinkModel>> = {
  'loses every tenth packet': { ...DELAY, lossPpm: 100_000 },
  'loses everything for 50 ms twice a second': {
    ...DELAY,
    timedLoss: { goodUs: 450_000, badUs: 50_000, goodLossPpm: 0, badLossPpm: 1_000_000 },
  },
};

const PORTS: readonly NonNullable<NatDescription['ports']>[] = [
  { allocation: 'preserving' },
  { allocation: 'sequential', step: 1 },
  { allocation: 'sequential', step: 2 },
  { allocation: 'random' },
];
const HAIRPINS = ['none', 'internal-source', 'external-source'] as const;
const NATS = PAIRS.flatMap((pair) => PORTS.map((ports) => ({ ...pair, ports })));

interface Tally {
  right: number;
  unknown: number;
  readonly wrong: string[];
}

/** What each finding should have been, and what it was. */
function comparisons(
  nat: (typeof NATS)[number] & { hairpin: string },
  report: NatReport,
): [string, unknown, unknown][] {
  const step = nat.ports.step ?? 0;
  const { tcp, ports } = report;
  return [
    ['udp', 'reachable', report.udp.value],
    ['mapping', nat.mapping, report.mapping.value],
    ['filtering', nat.filtering, report.filtering.value],
    ['allocation', nat.ports.allocation, ports.allocation.value],
    ['step', step, ports.allocation.value === 'unknown' ? 'unknown' : ports.step],
    ['hairpin', nat.hairpin, report.hairpin.value],
    ['tcp mapping', nat.mapping, tcp.mapping.value],
    ['tcp allocation', nat.ports.allocation, tcp.ports.allocation.value],
    ['tcp step', step, tcp.ports.allocation.value === 'unknown' ? 'unknown' : tcp.ports.step],
  ];
}

async function tally(depth: 'quick' | 'full', link: LinkModel): Promise<Map<string, Tally>> {
  const tallies = new Map<string, Tally>();
  for (let run = 0; run < RUNS; run++) {
    const nat = { ...NATS[run % NATS.length]!, hairpin: HAIRPINS[(run % 7) % 3]! };
    const report = await discover([nat], { seed: `loss ${run}`, link, depth });
    if (depth === 'quick') expect(report.tookMs).toBeLessThanOrEqual(3100);
    for (const [finding, declared, inferred] of comparisons(nat, report)) {
      const sum = tallies.get(finding) ?? { right: 0, unknown: 0, wrong: [] };
      tallies.set(finding, sum);
      if (inferred === declared) sum.right++;
      // A mapping that is known to depend on the peer, but not on what of it, is half known and not wrong.
      else if (inferred === 'unknown' || inferred === 'endpoint-dependent') sum.unknown++;
      else sum.wrong.push(`run ${run}: ${JSON.stringify(nat)} taken for ${inferred}`);
    }
  }
  return tallies;
}

const CASES = Object.keys(LINES).flatMap((line) => (['quick', 'full'] as const).map((depth) => ({ depth, line })));

describe.each(CASES)('a $depth discovery on a line that $line', ({ depth, line }) => {
  it('is never wrong, and seldom at a loss', { timeout: 600_000 }, async () => {
    const tallies = await tally(depth, LINES[line]!);
    const lines = [...tallies].map(([finding, { unknown }]) => `${finding} ${((100 * unknown) / RUNS).toFixed(1)} %`);
    console.log(`${depth}, ${RUNS} runs, unknown: ${lines.join(', ')}`);
    expect([...tallies.values()].flatMap(({ wrong }) => wrong)).toEqual([]);
    const known = (finding: string) => tallies.get(finding)!.right / RUNS;
    for (const finding of ['udp', 'mapping', 'filtering']) expect(known(finding)).toBeGreaterThan(0.97);
    if (depth === 'full') for (const finding of ['allocation', 'step']) expect(known(finding)).toBeGreaterThan(0.97);
  });
});
