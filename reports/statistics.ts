/** A share with its confidence interval, all between 0 and 1. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Two-sided quantiles of the normal distribution. */
const Z = { 95: 1.959963984540054, 99: 2.5758293035489004 } as const;

/**
 * The score interval of E. B. Wilson (1927) for a share of `successes` in `trials`, without continuity correction. It
 * stays within 0 and 1 and is honest at both ends, where the textbook interval has no width. No trials: 0 to 1.
 *
 * @param confidence percent
 */
export function wilson(successes: number, trials: number, confidence: keyof typeof Z = 95): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const z2 = Z[confidence] ** 2;
  const failures = trials - successes;
  const centre = successes + z2 / 2;
  const half = Z[confidence] * Math.sqrt((successes * failures) / trials + z2 / 4);
  return {
    low: successes === 0 ? 0 : (centre - half) / (trials + z2),
    high: failures === 0 ? 1 : (centre + half) / (trials + z2),
  };
}

const CAPACITY = 65_536;

/**
 * Percentiles of a stream of numbers in bounded memory: exact up to `capacity` values, and of a uniform random choice
 * of that many of them beyond. The choice is seeded, so the same stream gives the same answer.
 */
export class Sample {
  readonly #capacity: number;
  #kept: number[] = [];
  #sorted = false;
  #count = 0;
  #state = 0x9e3779b9;

  /** @param capacity @default 65536 */
  constructor(capacity: number = CAPACITY) {
    this.#capacity = capacity;
  }

  /** Values seen. */
  get count(): number {
    return this.#count;
  }

  get exact(): boolean {
    return this.#count <= this.#capacity;
  }

  add(value: number): void {
    this.#count++;
    if (this.#kept.length < this.#capacity) {
      this.#kept.push(value);
    } else {
      // Algorithm R (Vitter 1985). Sorting in between does not matter: the victim is uniform either way.
      const victim = this.#below(this.#count);
      if (victim >= this.#capacity) return;
      this.#kept[victim] = value;
    }
    this.#sorted = false;
  }

  /**
   * By nearest rank: the smallest value that at least `percent` percent of the sample do not exceed, so it is one that
   * occurred. Undefined when there is none.
   *
   * @param percent an integer from 1 to 100
   */
  percentile(percent: number): number | undefined {
    if (!this.#sorted) this.#kept.sort((left, right) => left - right);
    this.#sorted = true;
    return this.#kept[Math.ceil((percent * this.#kept.length) / 100) - 1];
  }

  /** xorshift32 (Marsaglia 2003), scaled; the bias is below count / 2^32. */
  #below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return Math.floor(((this.#state >>> 0) / 0x1_0000_0000) * limit);
  }
}

/** Percentiles of one quantity. */
export interface Spread {
  readonly count: number;
  /** False: percentiles of a random choice of 65,536 values. */
  readonly exact: boolean;
  readonly p5: number;
  readonly p25: number;
  readonly median: number;
  readonly p75: number;
  readonly p95: number;
}

/** Null when the sample is empty. */
export function spread(sample: Sample): Spread | null {
  if (sample.count === 0) return null;
  const at = (percent: number) => sample.percentile(percent)!;
  const { count, exact } = sample;
  return { count, exact, p5: at(5), p25: at(25), median: at(50), p75: at(75), p95: at(95) };
}
