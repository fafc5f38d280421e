import type { Interval } from '../statistics.ts';

/** Two runs of one scenario in two worlds, subject by subject. Plain data. */
export interface Comparison {
  readonly name: string;
  /** The run that is judged by the other one comes second. */
  readonly runs: readonly [ComparedRun, ComparedRun];
  readonly rows: readonly ComparedRow[];
  /** By the names of the NATs that it stands before. */
  readonly nats: readonly ComparedNat[];
  readonly quirks: readonly AppliedQuirk[];
  /** Cells that are in one of the runs only. */
  readonly alone: readonly string[];
}

export interface ComparedRun {
  readonly dir: string;
  readonly world: string;
  readonly trials: number;
  readonly interrupted: boolean;
}

/**
 * `agrees`: where theory leaves nothing to chance, every trial of both runs ended alike; elsewhere the intervals
 * overlap. `disagrees`: not so. `unsupported`: one of the worlds has no such cell. `missing`: no trial to compare.
 */
export type Verdict = 'agrees' | 'disagrees' | 'unsupported' | 'missing';

/** One cell and, in mode `each`, one plugin. */
export interface ComparedRow {
  readonly cell: string;
  /** Null in mode `race`: whatever wins. */
  readonly plugin: string | null;
  /** `connected`, or in mode `race` how many of the trials connected without a relay. */
  readonly what: 'connected' | 'directly';
  /** Does theory leave nothing to chance, nor did the first run? */
  readonly certain: boolean;
  readonly shares: readonly [Share, Share];
  readonly verdict: Verdict;
  /** Why it disagrees, or what cannot be compared. */
  readonly note: string;
}

export interface Share {
  readonly successes: number;
  readonly trials: number;
  /** 99 percent, after Wilson. */
  readonly interval: Interval;
  /** Of the successes, the commonest first. */
  readonly paths: readonly string[];
  readonly medianMs: number | null;
}

/** What the nodes take a NAT, or a chain of them, for. */
export interface ComparedNat {
  readonly declared: string;
  /** Each with how many nodes found it, the commonest first. */
  readonly inferred: readonly [readonly NamedCount[], readonly NamedCount[]];
  readonly agrees: boolean;
}

export interface NamedCount {
  readonly name: string;
  readonly count: number;
}

/** What Linux does otherwise than the RFCs, in the scenario's words, and which of its NATs are to do so. */
export interface AppliedQuirk {
  readonly name: string;
  readonly meaning: string;
  readonly nats: readonly string[];
}
