import { RESULT_SCHEMA, type TrialResult } from '../../reports/schema.ts';
import { trialSeed } from '../scenario/trial-seed.ts';
import type { Findings } from '../trial/findings.ts';
import { cellIdOf, FIELD_LINK, type FieldPlan, type FieldTrial } from './field-plan.ts';

const NOT_DECLARED = 'not declared';

/** The axes of a pair's cell. */
export function axesOf({ dials, answers }: FieldTrial['pair']): { a: string; b: string; link: string } {
  return { a: dials.name, b: answers.name, link: FIELD_LINK };
}

/** The line of a trial in `results.jsonl`. What nobody can know in the field is null, or empty. */
export function fieldResult(
  { mode, digest }: Pick<FieldPlan, 'mode' | 'digest'>,
  { pair, round, only }: FieldTrial,
  findings: Findings,
  { packets, bytes }: { readonly packets: number; readonly bytes: number },
): TrialResult {
  const { inferred, upgrade, connectUs } = findings;
  return {
    schema: RESULT_SCHEMA,
    cell: axesOf(pair),
    trial: round,
    // Nothing is drawn from it: it tells the trial from others, where several runs are put together.
    seed: trialSeed(Number.parseInt(digest.slice(0, 12), 16), cellIdOf(pair), round),
    mode,
    only,
    outcome: findings.outcome,
    plugin: findings.plugin,
    transport: findings.transport,
    path: findings.path,
    connectMs: connectUs === null ? null : connectUs / 1000,
    ...(upgrade && { upgrade: { from: upgrade.from, ms: upgrade.atUs / 1000 } }),
    attempts: findings.attempts.map(({ plugin, outcome, reason, atUs, packets: own }) => {
      return { plugin, outcome, reason, ms: atUs / 1000, packets: own };
    }),
    oracle: null,
    nat: {
      a: { declared: NOT_DECLARED, inferred: inferred.a },
      b: { declared: NOT_DECLARED, inferred: inferred.b },
    },
    cost: { packets, bytes, signals: findings.signals, mappings: null },
    drops: {},
    traceHash: '',
    ...(findings.error !== undefined && { error: findings.error }),
  };
}
