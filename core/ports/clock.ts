/** A pending task. Cancelling one that has run, or twice, does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as a peer sees it. All instants are integer microseconds; only {@link Clock.wallMs} relates to a calendar, and
 * it may be wrong by minutes.
 */
export interface Clock {
  /** Monotonic time in integer microseconds from an arbitrary origin. Never runs back. */
  now(): number;
  /** Unix time in integer milliseconds by this host's own idea of the date. */
  wallMs(): number;
  /** Runs `task` once, `delayMs` milliseconds from now (fractions allowed, negative counts as 0). */
  after(delayMs: number, task: () => void): Timer;
}
