import { z } from 'zod';
import { runPopulation } from './population/parse-population.ts';
import { RESULT_SCHEMA, type RunInfo, type TrialResult } from './schema.ts';

const count = z.number().int().nonnegative();
const milliseconds = z.number().nonnegative();
const counts = z.record(z.string(), count);
const mode = z.enum(['race', 'each']);
const sideNat = z.object({ declared: z.string(), inferred: z.string() });

const attempt = z.object({
  plugin: z.string(),
  outcome: z.enum(['won', 'failed', 'cancelled', 'not-applicable']),
  reason: z.string(),
  ms: milliseconds,
  packets: count,
});

const trialResult: z.ZodType<TrialResult> = z.object({
  schema: z.literal(RESULT_SCHEMA),
  cell: z.record(z.string(), z.string()),
  trial: count,
  seed: z.string(),
  mode,
  only: z.string().nullable(),
  outcome: z.enum(['connected', 'not-connected', 'lost', 'unsupported', 'deadline', 'limit', 'stalled', 'crashed']),
  plugin: z.string().nullable(),
  transport: z.enum(['udp', 'tcp']).nullable(),
  path: z.enum(['lan', 'hairpin', 'direct', 'relayed']).nullable(),
  connectMs: milliseconds.nullable(),
  upgrade: z.object({ from: z.string(), ms: milliseconds }).optional(),
  attempts: z.array(attempt),
  oracle: z.object({ possible: z.array(z.string()), why: z.string() }).nullable(),
  nat: z.object({ a: sideNat, b: sideNat }),
  cost: z.object({ packets: count, bytes: count, signals: count, mappings: count.nullable() }),
  drops: counts,
  traceHash: z.string(),
  error: z.string().optional(),
});

const runInfo: z.ZodType<RunInfo> = z.object({
  schema: z.literal(RESULT_SCHEMA),
  name: z.string(),
  seed: z.number().int(),
  mode,
  trials: count,
  plugins: z.array(z.string()),
  without: z.array(z.string()).optional(),
  pluginFiles: z.array(z.object({ path: z.string(), sha256: z.string(), plugins: z.array(z.string()) })).optional(),
  cells: z.array(z.object({ id: z.string(), axes: z.record(z.string(), z.string()) })),
  nats: z.record(z.string(), z.object({ summary: z.string(), behaviour: z.unknown() })),
  population: runPopulation.optional(),
  world: z.enum(['sim', 'kernel', 'field']).optional(),
  scenario: z.string(),
  versions: z.record(z.string(), z.string()),
  interrupted: z.boolean(),
  totals: z.object({ trials: count, outcomes: counts }),
  expectations: z.array(z.object({ text: z.string(), met: z.boolean(), found: z.string() })),
  startedAt: z.string(),
  wallMs: z.number(),
  workers: count,
});

/**
 * A line of `results.jsonl`.
 * @throws Error saying what is wrong with the text and where in the value
 */
export function parseTrial(text: string): TrialResult {
  return parse(trialResult, text);
}

/**
 * A whole `run.json`.
 * @throws Error saying what is wrong with the text and where in the value
 */
export function parseRun(text: string): RunInfo {
  return parse(runInfo, text);
}

function parse<T>(type: z.ZodType<T>, text: string): T {
  const value: unknown = JSON.parse(text);
  const found = (value as { schema?: unknown } | null)?.schema;
  if (found !== RESULT_SCHEMA) {
    throw new Error(`has schema ${JSON.stringify(found) ?? 'none'}; this version reads schema ${RESULT_SCHEMA}`);
  }
  const result = type.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new Error(`${issue.path.join('.')}: ${issue.message}`);
}
