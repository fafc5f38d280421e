import type { Clock } from '../ports/index.ts';
import { TokenBucket } from '../signal/token-bucket.ts';

/** Spends packets; false: there are none left, and what was to be sent must not be. */
export type Spend = (packets: number) => boolean;

/** Of one session: a search for a port among all, tried twice, and what the other strategies take beside it. */
const PER_SESSION = 2560;
/** Of all together: two such searches at once, and for ever. */
const TOGETHER = { burst: 2 * PER_SESSION, perSecond: 400 };

/**
 * What sessions that others started may send before a path of theirs is proven. A peer says where it is, and anybody can say
 * that he is somewhere else: this is what a place that never asked for it can get at most (RFC 8445 section 19.5.1).
 */
export class InboundBudget {
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#bucket = new TokenBucket(TOGETHER, clock.now());
  }

  /** The purse of one more session. */
  ofSession(): Spend {
    let left = PER_SESSION;
    return (packets) => {
      if (left < packets || !this.#bucket.take(this.#clock.now(), packets)) return false;
      left -= packets;
      return true;
    };
  }
}
