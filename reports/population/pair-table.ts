import { wilson } from '../statistics.ts';
import type { ComparedCell, PairShares, Theory } from './population-types.ts';
import type { PopulationClass, PublishedCell } from './run-population.ts';
import { type WeightedShare, weightedShare } from './weighted-share.ts';

/** What a set of plugins did between two classes. */
export interface Pair {
  readonly trials: number;
  readonly connected: number;
  readonly theory: Theory;
}

/** Every ordered pair of a population's classes: who dials and who is dialled are drawn apart. */
export class PairTable {
  readonly #classes: readonly PopulationClass[];
  readonly #pairOf: (a: string, b: string) => Pair;

  constructor(classes: readonly PopulationClass[], pairOf: (a: string, b: string) => Pair) {
    this.#classes = classes;
    this.#pairOf = pairOf;
  }

  shares(): PairShares {
    const names = (classes: readonly PopulationClass[]) => classes.map(({ name }) => name);
    return {
      all: this.share(this.among(names(this.#classes))),
      udp: this.share(this.among(names(this.#classes.filter(({ udp }) => udp)))),
    };
  }

  share(cells: readonly ComparedCell[]): WeightedShare | null {
    return weightedShare(cells.map(({ weight, connected, trials }) => ({ weight, successes: connected, trials })));
  }

  /** All pairs of these classes. */
  among(names: readonly string[]): ComparedCell[] {
    return this.cells(names.flatMap((a) => names.map((b) => ({ a, b, ppm: null }))));
  }

  /** The share of all pairs that these classes' pairs are. */
  weightOf(cells: readonly Pick<ComparedCell, 'a' | 'b'>[]): number {
    const total = this.#classes.reduce((sum, { weightPpm }) => sum + weightPpm, 0);
    return cells.reduce((sum, { a, b }) => sum + this.#weight(a) * this.#weight(b), 0) / total ** 2;
  }

  /** These pairs, and what was published of them. */
  cells(pairs: readonly (Pick<PublishedCell, 'a' | 'b'> & { readonly ppm: number | null })[]): ComparedCell[] {
    const total = pairs.reduce((sum, { a, b }) => sum + this.#weight(a) * this.#weight(b), 0);
    return pairs.map(({ a, b, ppm }) => {
      const { trials, connected, theory } = this.#pairOf(a, b);
      return {
        a,
        b,
        weight: total === 0 ? 0 : (this.#weight(a) * this.#weight(b)) / total,
        theirs: ppm === null ? null : ppm / 1e6,
        connected,
        trials,
        interval: wilson(connected, trials),
        theory,
      };
    });
  }

  #weight(name: string): number {
    return this.#classes.find((one) => one.name === name)?.weightPpm ?? 0;
  }
}
