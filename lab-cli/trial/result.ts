import { RESULT_SCHEMA, type SideNat, type TrialResult } from '../../reports/schema.ts';
import type { Side, World } from '../../simulator/index.ts';
import type { LineSpec } from '../scenario/types.ts';
import type { Findings } from './findings.ts';
import { verdictOf } from './oracle-verdict.ts';
import type { TrialSpec } from './trial-spec.ts';

/** What the world counted in a trial, without asking the engine. */
export interface Measures {
  /** Of both peers. */
  readonly packets: number;
  readonly bytes: number;
  readonly mappings: number;
  /** Dropped packets by reason. */
  readonly drops: ReadonlyMap<string, number>;
  /** Empty in a world that runs no trial twice alike. */
  readonly traceHash: string;
}

/** What the simulator counted. */
export function measuresOf({ trace: { counters, hash } }: World, sides: readonly [Side, Side]): Measures {
  const sent = sides.map(({ host }) => counters.sentBy(host.device));
  const routers = new Set(sides.flatMap((side) => side.routers));
  return {
    packets: sum(sent.map(({ packets }) => packets)),
    bytes: sum(sent.map(({ bytes }) => bytes)),
    mappings: sum([...routers].map(({ device }) => counters.mappingsOf(device))),
    drops: counters.drops,
    traceHash: hash.digest(),
  };
}

/** The line of a trial in `results.jsonl`. */
export function resultOf(spec: TrialSpec, findings: Findings, measures: Measures): TrialResult {
  const { scenario, cell, trial, only, seed } = spec;
  const { packets, bytes, mappings, drops, traceHash } = measures;
  const { possible, why } = verdictOf(spec);
  return {
    schema: RESULT_SCHEMA,
    cell: { ...cell.axes },
    trial,
    seed,
    mode: scenario.mode,
    only,
    outcome: findings.outcome,
    plugin: findings.plugin,
    transport: findings.transport,
    path: findings.path,
    connectMs: findings.connectUs === null ? null : findings.connectUs / 1000,
    ...(findings.upgrade && { upgrade: { from: findings.upgrade.from, ms: findings.upgrade.atUs / 1000 } }),
    attempts: findings.attempts.map(({ plugin, outcome, reason, atUs, packets: own }) => {
      return { plugin, outcome, reason, ms: atUs / 1000, packets: own };
    }),
    oracle: { possible, why },
    nat: { a: sideNat(cell.lines.a, findings.inferred.a), b: sideNat(cell.lines.b, findings.inferred.b) },
    cost: { packets, bytes, signals: findings.signals, mappings },
    drops: Object.fromEntries([...drops].sort(([x], [y]) => (x < y ? -1 : 1))),
    traceHash,
    ...(findings.error !== undefined && { error: findings.error }),
  };
}

function sideNat(lines: readonly LineSpec[], inferred: string): SideNat {
  const [first, ...others] = lines.map((line) => {
    const label = [line.interface, line.family === 6 ? 'IPv6' : undefined].filter((part) => part !== undefined);
    return [label.join(' '), line.nats.map(({ name }) => name).join(' + ')].filter((part) => part !== '').join(': ');
  });
  return { declared: [first, ...others].join('; '), inferred };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
