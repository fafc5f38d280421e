/** What is known of how long a silent mapping lives, in milliseconds. */
export interface LifetimeBounds {
  /** It survived this long a silence. */
  readonly aliveMs: number;
  /** It was gone after this long a silence; undefined: it survived the longest that was tried. */
  readonly goneMs: number | undefined;
}

export interface LifetimeSearchOptions {
  /** The longest silence to try. */
  readonly maxMs: number;
  /** How far apart the bounds may be in the end. */
  readonly precisionMs: number;
  /** Silences tried at the same time. One makes it the binary search of RFC 5780 section 4.6. */
  readonly width: number;
}

const MOST_ROUNDS = 20;

/**
 * A search by sections for the longest silence that a mapping survives. Silences of a round are kept at the same time,
 * each with a mapping of its own, so a round takes no longer than the first that kills.
 */
export class LifetimeSearch {
  readonly #options: LifetimeSearchOptions;
  #aliveMs = 0;
  #goneMs: number | undefined;
  #rounds = 0;

  constructor(options: LifetimeSearchOptions) {
    this.#options = options;
  }

  get bounds(): LifetimeBounds {
    return { aliveMs: this.#aliveMs, goneMs: this.#goneMs };
  }

  /** Did a mapping survive a silence that killed another one? */
  get contradictory(): boolean {
    return this.#goneMs !== undefined && this.#aliveMs >= this.#goneMs;
  }

  /** The silences of the next round, shortest first; none when the bounds are close enough, or can't get closer. */
  next(): number[] {
    const { maxMs, precisionMs, width } = this.#options;
    const open = this.#goneMs === undefined;
    const endMs = this.#goneMs ?? maxMs;
    const close = open ? this.#aliveMs >= maxMs : endMs - this.#aliveMs <= precisionMs;
    if (close || this.contradictory || this.#rounds >= MOST_ROUNDS) return [];
    this.#rounds++;
    // The upper end itself is only worth a try while nobody has died.
    const sections = open ? width : width + 1;
    return Array.from({ length: width }, (_, index) => {
      return this.#aliveMs + ((index + 1) * (endMs - this.#aliveMs)) / sections;
    });
  }

  survived(silenceMs: number): void {
    this.#aliveMs = Math.max(this.#aliveMs, silenceMs);
  }

  died(silenceMs: number): void {
    this.#goneMs = Math.min(this.#goneMs ?? Number.POSITIVE_INFINITY, silenceMs);
  }
}
