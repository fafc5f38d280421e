import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { RunPopulation } from '../../reports/population/run-population.ts';
import type { Mode, Path } from '../../reports/schema.ts';
import type { LinkModel } from '../../simulator/index.ts';

/** A scenario file after every name is looked up and every default filled in: plain data, safe to hand to a worker. */
export interface ResolvedScenario {
  readonly name: string;
  /** Of the run. Every trial's seed derives from it. */
  readonly seed: number;
  /** Per cell. */
  readonly trials: number;
  readonly mode: Mode;
  readonly topology: TopologySpec;
  /** Virtual time from the dial on, in milliseconds. */
  readonly timeLimitMs: number;
  readonly plugins: readonly PluginSpec[];
  /** What happens to NATs on the way. @default nothing */
  readonly events?: readonly NatEvent[] | undefined;
  /** How wrong the peers' clocks are. @default not at all */
  readonly clocks?: ClockErrors | undefined;
  /** In order: axis `a`, then `b`, then `link`. */
  readonly cells: readonly Cell[];
  /** For the report. Undefined: none. */
  readonly population?: RunPopulation | undefined;
  readonly expectations: readonly Expectation[];
}

/** How the two peers stand to each other. */
export interface TopologySpec {
  /**
   * `separate`: each behind NATs of its own. `same-lan`: on one LAN. `same-nat`: behind one NAT, each on a LAN of its
   * own. `shared-cgn`: each behind NATs of its own, but the outermost is one for both.
   */
  readonly name: 'separate' | 'same-lan' | 'same-nat' | 'shared-cgn';
  /** Carries the shared NAT nothing straight from one of its inside segments to another? */
  readonly isolated: boolean;
  /** Other hosts behind the shared NAT. */
  readonly subscribers: number;
}

/** One combination of the axes' values. */
export interface Cell {
  /** The values joined by commas, e.g. `port-restricted-cone+cgn,symmetric,broadband`. Unique in a scenario. */
  readonly id: string;
  /** Each axis's value as text. */
  readonly axes: { readonly a: string; readonly b: string; readonly link: string };
  /** The NATs in front of the peer that dials, line by line, host side first. */
  readonly a: readonly NatSpec[];
  /** The NATs in front of the peer that is dialled, line by line, host side first. */
  readonly b: readonly NatSpec[];
  /** How each peer is connected, best first. */
  readonly lines: { readonly a: readonly LineSpec[]; readonly b: readonly LineSpec[] };
  /** Between each peer's outermost NAT and the core. */
  readonly link: LinkSpec;
}

/** What one interface of a peer has for one family. */
export interface LineSpec {
  /** Undefined: the peer has but one. */
  readonly interface: string | undefined;
  readonly family: 4 | 6;
  /** In front of the peer, host side first. */
  readonly nats: readonly NatSpec[];
}

export interface NatSpec {
  readonly name: string;
  /** One plain sentence. */
  readonly summary: string;
  readonly behaviour: NatBehaviour;
}

/** How much later it is by a peer's clock than it is: negative where the clock is behind. */
export interface ClockErrors {
  readonly aMs: number;
  readonly bMs: number;
}

/** A NAT loses what it remembers in the middle of a trial. */
export interface NatEvent {
  /** Microseconds from the dial on. */
  readonly atUs: number;
  readonly side: 'a' | 'b';
  /** Its place in the chain, from 1 on, host side first. */
  readonly nat: number;
  /** `renumber`: its external addresses change as well. */
  readonly action: 'reboot' | 'renumber';
}

export interface LinkSpec {
  readonly name: string;
  /** From the peer to the core. */
  readonly up: LinkModel;
  readonly down: LinkModel;
}

export interface PluginSpec {
  readonly name: string;
  /** In the plugin's own words; what is left out has its default. */
  readonly options: Readonly<Record<string, string | number>>;
}

/** A claim about every cell that `where` selects. */
export interface Expectation {
  /** As the scenario writes it. */
  readonly text: string;
  /** The values that each axis may have; an axis that is left out may have any. */
  readonly where: { readonly [Axis in keyof Cell['axes']]?: readonly string[] };
  /** Holds for the share of a cell's trials that connected, by `plugin` and over `path` where those are given. */
  readonly connected: Comparison;
  readonly path: Path | undefined;
  readonly plugin: string | undefined;
}

export interface Comparison {
  readonly operator: '>=' | '>' | '<=' | '<' | '=';
  /** Parts per million. */
  readonly ppm: number;
}
