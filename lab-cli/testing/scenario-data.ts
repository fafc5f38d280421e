import type { Mode } from '../../reports/schema.ts';

/**
 * A scenario as data: the keys and values of a scenario file (docs/scenarios.md), which are checked the same way. Durations
 * are texts such as `20ms`, shares texts such as `5%`.
 */
export interface ScenarioData {
  /** Version of the format. @default 1 */
  readonly schema?: 1;
  /** @default 'scenario' */
  readonly name?: string;
  /** The same seed, the same results. @default 1 */
  readonly seed?: number;
  /** Of each cell. @default 20 */
  readonly trials?: number;
  /** NATs of one's own by name, besides the presets (`lab list nats`). @default none */
  readonly nats?: Readonly<Record<string, NatData>>;
  /** What stands before each peer; every combination is a cell. */
  readonly axes: ScenarioAxes;
  /** `separate`, `same-lan`, `same-nat` or `shared-cgn`, or one of them with its settings. @default 'separate' */
  readonly topology?: string | Readonly<Record<string, object>>;
  /** Names, or `{ NAME: { OPTION: VALUE } }`. @default all that are registered */
  readonly plugins?: readonly (string | Readonly<Record<string, Readonly<Record<string, string | number>>>>)[];
  /** @default 'race' */
  readonly mode?: Mode;
  /** `time`: virtual time from the dial on. @default { time: '60s' } */
  readonly limits?: { readonly time: string };
  /** What happens to NATs after the dial. @default nothing */
  readonly events?: readonly object[];
  /** How wrong each peer's date is. @default not at all */
  readonly clocks?: object;
}

/** What the values of the axes are made of: a NAT's name, or a chain of names, host side first, or a mapping of families or interfaces to these. */
export type SideData = string | readonly string[] | Readonly<Record<string, unknown>>;

export interface ScenarioAxes {
  /** In front of the peer that dials. */
  readonly a: readonly SideData[];
  /** In front of the peer that is dialled. @default with `same-lan` and `same-nat` that of a */
  readonly b?: readonly SideData[];
  /** Between each peer and the core: names, or what they do (docs/links.md). @default ['broadband'] */
  readonly link?: readonly (string | object)[];
}

/** A NAT in the words of a scenario file (docs/nats.md): its behaviour, key by key. What is left out is that of `extends`. */
export interface NatData {
  /** A preset, or another of the scenario's NATs. @default every key has a default of its own */
  readonly extends?: string;
  readonly [key: string]: unknown;
}
