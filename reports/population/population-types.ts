import type { Interval } from '../statistics.ts';
import type { PublishedFigure, RunPopulation } from './run-population.ts';
import type { WeightedShare } from './weighted-share.ts';

/** What a run says of a population. Plain data. */
export interface PopulationSummary {
  readonly population: RunPopulation;
  /** One for each combination of the axes besides `a` and `b`. */
  readonly groups: readonly PopulationGroup[];
}

export interface PopulationGroup {
  /** The other axes' values, e.g. `link: mobile`; empty where there is nothing to tell apart. */
  readonly title: string;
  /** Connections by any plugin. */
  readonly any: PairShares;
  /** In mode `each`: every plugin alone. In mode `race`: those that it won. */
  readonly byPlugin: readonly PluginShares[];
  /** In the population's order. */
  readonly comparisons: readonly Comparison[];
}

/** The share of pairs that connect, two peers drawn at random from the population. */
export interface PairShares {
  readonly all: WeightedShare | null;
  /** Only pairs in which both let UDP out. */
  readonly udp: WeightedShare | null;
}

export interface PluginShares extends PairShares {
  readonly plugin: string;
  /** Only in mode `each`: a race does not tell who else would have. */
  readonly marginal: MarginalShares | null;
}

/** What would be lost without a plugin: of all pairs, those that no other plugin of the run connects. */
export interface MarginalShares {
  /** By any path. */
  readonly connected: WeightedShare | null;
  /** Directly: others may still connect the pair through a relay. */
  readonly direct: WeightedShare | null;
}

/** A published figure beside ours for the same pairs and plugins. */
export interface Comparison {
  readonly figure: PublishedFigure;
  /** Of a matrix: its mean, by our weights. Between 0 and 1. */
  readonly theirs: number;
  readonly ours: WeightedShare | null;
  /** Of a matrix, those that are in it; of a total, all pairs of its classes. */
  readonly cells: readonly ComparedCell[];
  /** What accounts for the gap, each sentence out of the numbers. */
  readonly account: readonly string[];
}

export interface ComparedCell {
  readonly a: string;
  readonly b: string;
  /** Of all pairs of the comparison; they sum to 1. */
  readonly weight: number;
  /** Null: a total says nothing of it. */
  readonly theirs: number | null;
  readonly connected: number;
  readonly trials: number;
  readonly interval: Interval;
  readonly theory: Theory;
}

/** What the oracle says of the plugins that count: can any of them connect the pair? */
export type Theory = 'possible' | 'impossible' | 'unknown';
