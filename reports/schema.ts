import type { RunPopulation } from './population/run-population.ts';

/** The shapes of what a run writes: `results.jsonl`, one {@link TrialResult} a line, and `run.json`. */

export const RESULT_SCHEMA = 1;

export type Mode = 'race' | 'each';

/** Where trials run: the simulator, Linux NATs in network namespaces, or machines on a real network. */
export type WorldName = 'sim' | 'kernel' | 'field';

/**
 * What happened in a trial. `lost`: both ends had proved their keys, and then no message came through. `unsupported`: the
 * world cannot express the cell. `deadline`: the scenario's time limit
 * came first. `limit`: another limit did. `stalled`: nothing was left to happen and nobody had finished, which is a bug
 * of ours. `crashed`: so is an exception.
 */
export type Outcome =
  | 'connected'
  | 'not-connected'
  | 'lost'
  | 'unsupported'
  | 'deadline'
  | 'limit'
  | 'stalled'
  | 'crashed';

/** Decided by where the proof travelled, never by what the engine says. */
export type Path = 'lan' | 'hairpin' | 'direct' | 'relayed';

export type AttemptOutcome = 'won' | 'failed' | 'cancelled' | 'not-applicable';

export interface AttemptResult {
  readonly plugin: string;
  readonly outcome: AttemptOutcome;
  readonly reason: string;
  /** Since the dial. */
  readonly ms: number;
  /** Datagrams, dials and TCP writes of the dialling side's attempt. */
  readonly packets: number;
}

export interface SideNat {
  /** The NATs in front of the host, host side first, joined by ` + `. */
  readonly declared: string;
  /** What the node found out about it. */
  readonly inferred: string;
}

export interface TrialResult {
  readonly schema: typeof RESULT_SCHEMA;
  /** The axes' values by name, in the scenario's order. */
  readonly cell: Readonly<Record<string, string>>;
  readonly trial: number;
  /** Of the trial, hexadecimal. */
  readonly seed: string;
  readonly mode: Mode;
  /** In mode `each`: the plugin that ran alone. */
  readonly only: string | null;
  readonly outcome: Outcome;
  /** Whose path the pipe was left with: where a relay was there first, whoever took over from it. */
  readonly plugin: string | null;
  readonly transport: 'udp' | 'tcp' | null;
  readonly path: Path | null;
  /** From the dial until the caller had a pipe over which the peer had proved its key, relayed or not. */
  readonly connectMs: number | null;
  /** Only where a relay carried the pipe first: whose, and when the plugin named above took over, since the dial. */
  readonly upgrade?: { readonly from: string; readonly ms: number };
  readonly attempts: readonly AttemptResult[];
  /** Null where nobody knows what the NATs are, as in the field. */
  readonly oracle: { readonly possible: readonly string[]; readonly why: string } | null;
  readonly nat: { readonly a: SideNat; readonly b: SideNat };
  /** Of both peers: packets and bytes they sent, signal messages, NAT mappings created in front of them, if anybody can count them. */
  readonly cost: {
    readonly packets: number;
    readonly bytes: number;
    readonly signals: number;
    readonly mappings: number | null;
  };
  /** Dropped packets by the rule that killed them. */
  readonly drops: Readonly<Record<string, number>>;
  readonly traceHash: string;
  /** Only where the outcome is `crashed`: the error's text; or `unsupported`: what the world cannot do. */
  readonly error?: string;
}

export interface RunCell {
  /** Stable name of the cell, as `lab replay DIR#CELL/TRIAL` takes it, e.g. `full-cone,symmetric,broadband`. */
  readonly id: string;
  readonly axes: Readonly<Record<string, string>>;
}

export interface RunExpectation {
  /** As the scenario writes it. */
  readonly text: string;
  readonly met: boolean;
  readonly found: string;
}

/** A file that plugins came from which are not part of the lab. */
export interface PluginFile {
  /** Absolute, on the machine that made the run. */
  readonly path: string;
  /** Of the file, not of what it imports. Hexadecimal. */
  readonly sha256: string;
  /** The names that it registered. */
  readonly plugins: readonly string[];
}

export interface RunInfo {
  readonly schema: typeof RESULT_SCHEMA;
  readonly name: string;
  readonly seed: number;
  readonly mode: Mode;
  readonly trials: number;
  readonly plugins: readonly string[];
  /** Plugins of the scenario that took no part. Only where there are any. */
  readonly without?: readonly string[];
  /** Only where there are any. */
  readonly pluginFiles?: readonly PluginFile[];
  readonly cells: readonly RunCell[];
  /** What each NAT of the scenario is: for the legend. */
  readonly nats: Readonly<Record<string, NatLegend>>;
  /** Whom the peers stand for. Only where the scenario says so. */
  readonly population?: RunPopulation;
  /** @default 'sim', as of runs before there was another one */
  readonly world?: WorldName;
  /**
   * The scenario file, word for word, or as the run's options changed it, so that a run can be replayed from its directory
   * alone.
   */
  readonly scenario: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly interrupted: boolean;
  readonly totals: { readonly trials: number; readonly outcomes: Readonly<Record<string, number>> };
  readonly expectations: readonly RunExpectation[];
  readonly startedAt: string;
  readonly wallMs: number;
  readonly workers: number;
}

export interface NatLegend {
  /** One plain sentence. */
  readonly summary: string;
  /** Complete behaviour, as the scenario vocabulary writes it. */
  readonly behaviour: unknown;
}
