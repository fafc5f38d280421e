import { z } from 'zod';
import { parseTrial } from '../../reports/parse-result.ts';
import type { Outcome, TrialResult } from '../../reports/schema.ts';

/** The first line of a journal: whose it is, and of what. */
export interface JournalHeader {
  readonly schema: 1;
  /** Random: tells a journal from another that its owner began after it had lost this one. */
  readonly journal: string;
  readonly agent: string;
  /** The plan's kind digest. */
  readonly plan: string;
  readonly startedAt: string;
}

/** Every other line: a measurement, and when it began. */
export interface JournalRecord {
  readonly key: string;
  readonly atMs: number;
  /** One line of `results.jsonl`. */
  readonly line: string;
  readonly outcome: Outcome;
}

/** Far above what a trial writes. */
export const MAX_LINE_BYTES = 256 * 1024;

const header: z.ZodType<JournalHeader> = z.strictObject({
  schema: z.literal(1),
  journal: z.string().regex(/^[0-9a-f]{16}$/),
  agent: z.string(),
  plan: z.string().regex(/^[0-9a-f]{64}$/),
  startedAt: z.iso.datetime(),
});

const record = z.strictObject({ key: z.string().max(256), at: z.iso.datetime(), result: z.string() });

/** @throws Error saying what is wrong with the text */
export function parseHeader(text: string): JournalHeader {
  return header.parse(JSON.parse(text));
}

/** @throws Error saying what is wrong with the text */
export function parseRecord(text: string): { record: JournalRecord; result: TrialResult } {
  const { key, at, result: line } = record.parse(JSON.parse(text));
  const result = parseTrial(line);
  return { record: { key, atMs: Date.parse(at), line, outcome: result.outcome }, result };
}

export function formatHeader(value: JournalHeader): string {
  return JSON.stringify(value);
}

/** @param line one line of `results.jsonl` */
export function formatRecord(key: string, atMs: number, line: string): string {
  return JSON.stringify({ key, at: new Date(atMs).toISOString(), result: line });
}
