/** When a STUN request is sent again, and when it has failed (RFC 8489 section 6.2.1). */
export interface RetransmissionOptions {
  /** Wait after the first request; it doubles after each. @default 500 */
  readonly rtoMs?: number;
  /** Rc, how many requests are sent in all, 1 to 30. @default 7 */
  readonly maxRequests?: number;
  /** Rm, the wait after the last request, in multiples of `rtoMs`. @default 16 */
  readonly lastWaitFactor?: number;
  /** Gives up after this at the latest. @default when the schedule ends, 39,500 ms with the other defaults */
  readonly deadlineMs?: number;
}

/** Over a transport that loses nothing one request is sent, and its answer waited for Ti (RFC 8489 section 6.2.2). */
export const RELIABLE: RetransmissionOptions = { rtoMs: 39_500, maxRequests: 1, lastWaitFactor: 1 };

/** The clock work of one transaction. It sends nothing and owns no timer: ask {@link step} at {@link dueUs}. */
export class Retransmission {
  readonly startUs: number;
  readonly #rtoUs: number;
  readonly #maxRequests: number;
  readonly #endUs: number;
  #requests = 0;

  constructor(nowUs: number, options: RetransmissionOptions = {}) {
    const { rtoMs = 500, maxRequests = 7, lastWaitFactor = 16, deadlineMs = Number.POSITIVE_INFINITY } = options;
    const sendingMs = rtoMs * ((1 << (maxRequests - 1)) - 1);
    this.startUs = nowUs;
    // Whole microseconds, as clocks have them: a due time between two of them would never come.
    this.#rtoUs = Math.round(rtoMs * 1000);
    this.#maxRequests = maxRequests;
    this.#endUs = nowUs + Math.round(1000 * Math.min(sendingMs + rtoMs * lastWaitFactor, deadlineMs));
  }

  /** Requests sent so far. */
  get requests(): number {
    return this.#requests;
  }

  /** When to ask again, in the clock's microseconds. */
  get dueUs(): number {
    if (this.#requests >= this.#maxRequests) return this.#endUs;
    return Math.min(this.startUs + this.#rtoUs * ((1 << this.#requests) - 1), this.#endUs);
  }

  /** What is to be done now. `send` counts the request as sent. */
  step(nowUs: number): 'send' | 'wait' | 'expired' {
    if (nowUs >= this.#endUs) return 'expired';
    if (this.#requests >= this.#maxRequests || nowUs < this.dueUs) return 'wait';
    this.#requests++;
    return 'send';
  }
}
