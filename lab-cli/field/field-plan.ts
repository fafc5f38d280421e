import type { Mode } from '../../reports/schema.ts';
import type { PluginSpec } from '../scenario/types.ts';

/** One machine that takes part. */
export interface FieldAgent {
  readonly name: string;
  /** 33 bytes: whoever signs with another key takes no part. */
  readonly publicKey: Uint8Array;
}

/** Who dials whom, again and again. */
export interface FieldPair {
  readonly dials: FieldAgent;
  readonly answers: FieldAgent;
}

/** One measurement. All agents know all of them, from the plan alone. */
export interface FieldTrial {
  readonly pair: FieldPair;
  /** Counts from 0: the trial's number in its cell. */
  readonly round: number;
  /** In mode `each`: the plugin that runs alone. */
  readonly only: string | null;
}

/** A plan of repeated measurements between agents, with every name looked up. */
export interface FieldPlan {
  readonly name: string;
  readonly agents: readonly FieldAgent[];
  readonly pairs: readonly FieldPair[];
  readonly rounds: number;
  /** From the start of a pair's round to that of its next one. */
  readonly everyMs: number;
  readonly mode: Mode;
  readonly plugins: readonly PluginSpec[];
  readonly timeLimitMs: number;
  readonly addresses: 'anonymised' | 'kept';
  /** Of all that the plan says: agents with different plans don't measure. Hexadecimal. */
  readonly digest: string;
  /** The same without rounds and their distance: a run may be made longer. */
  readonly kindDigest: string;
}

/** What stands between the agents: the third axis of a cell. */
export const FIELD_LINK = 'internet';

/** Lines of results that a round of a pair has. */
export function trialsEach({ mode, plugins }: FieldPlan): number {
  return mode === 'each' ? plugins.length : 1;
}

/** The trial of a pair that comes after so many; undefined: that was all. */
export function trialAt(plan: FieldPlan, pair: FieldPair, done: number): FieldTrial | undefined {
  const each = trialsEach(plan);
  const round = Math.floor(done / each);
  if (round >= plan.rounds) return undefined;
  return { pair, round, only: plan.mode === 'each' ? plan.plugins[done % each]!.name : null };
}

/** How many results an agent's journal has in the end. */
export function trialsOf(plan: FieldPlan, agent: FieldAgent): number {
  return pairsOf(plan, agent).length * plan.rounds * trialsEach(plan);
}

/** `alice,bob,internet`, as `lab report` names the cell. */
export function cellIdOf({ dials, answers }: FieldPair): string {
  return [dials.name, answers.name, FIELD_LINK].join();
}

/** Names a trial among those of its plan. */
export function trialKey({ pair, round, only }: FieldTrial): string {
  return `${cellIdOf(pair)}/${round}${only === null ? '' : `/${only}`}`;
}

/** The pairs in which an agent dials: their results are in its journal. */
export function pairsOf({ pairs }: FieldPlan, agent: FieldAgent): FieldPair[] {
  return pairs.filter(({ dials }) => dials === agent);
}

/** The trial that has this key; undefined: the plan has none. */
export function findTrial({ pairs, rounds, mode, plugins }: FieldPlan, key: string): FieldTrial | undefined {
  const [cell, written, only = null] = key.split('/');
  const pair = pairs.find((candidate) => cellIdOf(candidate) === cell);
  const round = /^(0|[1-9]\d{0,5})$/.test(written ?? '') ? Number(written) : rounds;
  const known = mode === 'each' ? plugins.some(({ name }) => name === only) : only === null;
  const trial = pair && { pair, round, only };
  return trial && round < rounds && known && trialKey(trial) === key ? trial : undefined;
}
