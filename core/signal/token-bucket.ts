export interface RateLimit {
  /** How many may come at once. */
  readonly burst: number;
  /** How many a second may come for ever. */
  readonly perSecond: number;
}

/** Lets `burst` through at once and `perSecond` for ever. */
export class TokenBucket {
  readonly #limit: RateLimit;
  #tokens: number;
  #filledAt: number;

  /** @param now monotonic time in microseconds, as in every call */
  constructor(limit: RateLimit, now: number) {
    this.#limit = limit;
    this.#tokens = limit.burst;
    this.#filledAt = now;
  }

  /** False: too many, these do not go through. */
  take(now: number, count = 1): boolean {
    const { burst, perSecond } = this.#limit;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) / 1e6) * perSecond);
    this.#filledAt = now;
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }
}
