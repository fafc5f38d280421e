import type { PopulationSummary } from './population/population-types.ts';
import type { AttemptOutcome, AttemptResult, Mode, NatLegend, Outcome, Path, RunExpectation } from './schema.ts';
import type { Interval, Spread } from './statistics.ts';

/** All that a report says: one or more runs of a scenario, summed up. Plain data. */
export interface Aggregate {
  readonly name: string;
  readonly mode: Mode;
  readonly runs: readonly RunSummary[];
  /** In the scenario's order. */
  readonly axes: readonly Axis[];
  readonly plugins: readonly string[];
  readonly cells: readonly CellSummary[];
  readonly totals: Tally;
  /** In the order of `plugins`. */
  readonly byPlugin: readonly PluginSummary[];
  /** Dropped packets by the rule that killed them, the commonest first. */
  readonly drops: readonly Count[];
  readonly nats: ReadonlyMap<string, NatLegend>;
  /** Null where the scenario has none. */
  readonly population: PopulationSummary | null;
  readonly expectations: readonly RunExpectation[];
  /** What a reader must know before trusting the numbers, one sentence each. */
  readonly warnings: readonly string[];
}

export interface RunSummary {
  readonly dir: string;
  readonly name: string;
  readonly seed: number;
  /** Per cell, as the scenario asks for. */
  readonly trialsPerCell: number;
  /** Lines counted from this run. */
  readonly lines: number;
  readonly interrupted: boolean;
  readonly versions: ReadonlyMap<string, string>;
}

export interface Axis {
  readonly name: string;
  readonly values: readonly string[];
}

/** How a set of trials ended. In mode `each` a cell's trial counts as connected if any plugin alone connected it. */
export interface Tally {
  /** Those that the world cannot express are not among them. */
  readonly trials: number;
  readonly unsupported: number;
  readonly connected: number;
  readonly relayed: number;
  /** 95 percent, of `connected` in `trials`. */
  readonly interval: Interval;
  readonly outcomes: ReadonlyMap<Outcome, number>;
  readonly winners: readonly Winner[];
  /** Possible by the oracle, not connected. Trials that crashed or stalled are neither this nor `impossible`. */
  readonly missed: number;
  /** Impossible by the oracle, not connected. */
  readonly impossible: number;
  /** Connected by a plugin that the oracle says cannot. */
  readonly unexpected: number;
  readonly connectMs: Spread | null;
}

export interface Winner {
  readonly plugin: string;
  readonly path: Path;
  readonly trials: number;
}

export interface CellSummary {
  readonly id: string;
  readonly axes: ReadonlyMap<string, string>;
  readonly tally: Tally;
  /** In mode `each`: every plugin alone, in the order of the aggregate's `plugins`. */
  readonly plugins: readonly CellPlugin[];
  readonly cost: Cost;
  /** The reasons are several where the oracle was asked about one plugin at a time. */
  readonly oracle: { readonly possible: readonly string[]; readonly why: readonly string[] };
  readonly trials: readonly TrialDetail[];
  /** Trials that are counted, but not among `trials`. */
  readonly leftOut: { readonly connected: number; readonly failed: number };
}

export interface CellPlugin {
  readonly plugin: string;
  readonly tally: Tally;
}

/** Of both peers, a trial. */
export interface Cost {
  readonly packets: Spread | null;
  readonly bytes: Spread | null;
  readonly signals: Spread | null;
  readonly mappings: Spread | null;
}

export interface PluginSummary {
  readonly plugin: string;
  /** In mode `race`: the trials that it won. In mode `each`: the trials in which it ran alone. */
  readonly tally: Tally;
  readonly attempts: ReadonlyMap<AttemptOutcome, number>;
  /** Packets of the dialling side's attempt. */
  readonly packets: Spread | null;
  /** Why attempts failed or did not apply, the commonest first, with HOST for endpoints and N for numbers. */
  readonly reasons: readonly Count[];
}

export interface Count {
  readonly name: string;
  readonly count: number;
}

/** One trial, with what it takes to replay it. */
export interface TrialDetail {
  readonly dir: string;
  readonly cell: string;
  readonly trial: number;
  readonly only: string | null;
  readonly outcome: Outcome;
  readonly plugin: string | null;
  readonly transport: 'udp' | 'tcp' | null;
  readonly path: Path | null;
  readonly connectMs: number | null;
  readonly packets: number;
  readonly attempts: readonly AttemptResult[];
  readonly drops: readonly Count[];
  readonly error: string | null;
}
