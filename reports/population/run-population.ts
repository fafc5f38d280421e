/** How frequent each kind of peer is, and what others measured among such peers. */
export interface RunPopulation {
  /** The named population that it builds on; empty: none. */
  readonly name: string;
  /** Where the weights are from; empty: the scenario's own. */
  readonly source: string;
  /** The values of axis `a`, and of axis `b`. */
  readonly classes: readonly PopulationClass[];
  readonly published: readonly PublishedFigure[];
}

export interface PopulationClass {
  readonly name: string;
  /** Parts per million, as written: the sum may miss a million by what the source rounded. */
  readonly weightPpm: number;
  /** Does it let UDP out? */
  readonly udp: boolean;
}

/** A success rate out of the literature. Shares are parts per million. */
export type PublishedFigure = PublishedMatrix | PublishedTotal;

interface Published {
  readonly name: string;
  /** Document and section. */
  readonly source: string;
  /** What it counts: connections by one of these plugins. */
  readonly plugins: readonly string[];
  /** Plus or minus, as its source says. */
  readonly errorPpm: number | null;
  /** What is known to be different there, one sentence each. */
  readonly differs: readonly string[];
}

/** Of ordered pairs of classes. */
export interface PublishedMatrix extends Published {
  readonly what: 'pair-matrix';
  readonly cells: readonly PublishedCell[];
}

export interface PublishedCell {
  /** Dials. */
  readonly a: string;
  /** Is dialled. */
  readonly b: string;
  readonly ppm: number;
}

/** Of all pairs of the classes `among`. */
export interface PublishedTotal extends Published {
  readonly what: 'total';
  readonly among: readonly string[];
  readonly ppm: number;
}
