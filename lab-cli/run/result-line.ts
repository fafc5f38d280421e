import { RESULT_SCHEMA, type TrialResult } from '../../reports/schema.ts';
import type { TrialSpec } from '../trial/trial-spec.ts';

const MAX_ERROR_LENGTH = 500;

/**
 * One line of `results.jsonl`, without its newline. The order of keys is fixed here and milliseconds have at most three
 * decimals, so that equal results are equal bytes. Of an error only the first line stays: a stack names paths of the
 * machine, and `lab replay` prints it in full.
 */
export function resultLine(result: TrialResult): string {
  const { schema, cell, trial, seed, mode, only, outcome, plugin, transport, path, oracle, nat, cost } = result;
  const side = ({ declared, inferred }: TrialResult['nat']['a']) => ({ declared, inferred });
  const { packets, bytes, signals, mappings } = cost;
  return JSON.stringify({
    schema,
    cell: { ...cell },
    trial,
    seed,
    mode,
    only,
    outcome,
    plugin,
    transport,
    path,
    connectMs: result.connectMs === null ? null : milliseconds(result.connectMs),
    ...(result.upgrade && { upgrade: { from: result.upgrade.from, ms: milliseconds(result.upgrade.ms) } }),
    attempts: result.attempts.map((attempt) => ({
      plugin: attempt.plugin,
      outcome: attempt.outcome,
      reason: attempt.reason,
      ms: milliseconds(attempt.ms),
      packets: attempt.packets,
    })),
    oracle: oracle && { possible: oracle.possible, why: oracle.why },
    nat: { a: side(nat.a), b: side(nat.b) },
    cost: { packets, bytes, signals, mappings },
    drops: Object.fromEntries(Object.entries(result.drops).sort(([a], [b]) => (a < b ? -1 : 1))),
    traceHash: result.traceHash,
    ...(result.error !== undefined && { error: firstLine(result.error) }),
  } satisfies TrialResult);
}

/** The result of a trial that ended without one. */
export function crashedResult(spec: TrialSpec, error: unknown): TrialResult {
  const { cell, trial, seed, scenario, only } = spec;
  const side = (nats: TrialSpec['cell']['a']) => ({
    declared: nats.map(({ name }) => name).join(' + '),
    inferred: 'unknown',
  });
  return {
    schema: RESULT_SCHEMA,
    cell: cell.axes,
    trial,
    seed,
    mode: scenario.mode,
    only,
    outcome: 'crashed',
    plugin: null,
    transport: null,
    path: null,
    connectMs: null,
    attempts: [],
    oracle: { possible: [], why: 'not asked: the trial crashed' },
    nat: { a: side(cell.a), b: side(cell.b) },
    cost: { packets: 0, bytes: 0, signals: 0, mappings: 0 },
    drops: {},
    traceHash: '',
    error: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
  };
}

function milliseconds(value: number): number {
  if (!Number.isFinite(value)) throw new RangeError(`a time of ${value} ms`);
  return Math.round(value * 1000) / 1000;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!.slice(0, MAX_ERROR_LENGTH);
}
