import { isNetError } from '../../net/error.ts';
import type { TcpConnection } from '../../ports/index.ts';
import type { Attempt } from '../plugin.ts';

/** One try covers a retransmission of the SYN; NATs that drop silently need no more than one. */
const TRY_TIMEOUT_MS = 2000;

export interface RetryPolicy {
  /** Dials until the endpoint is given up. */
  readonly tries: number;
  /** The longest wait between two dials. */
  readonly gapMs: number;
  /**
   * A fixed gap can keep two sides out of step for good: each SYN arrives when the other side's hole has just been shut
   * by an RST. A random one, up to the longest, meets soon.
   */
  readonly timing: 'random' | 'fixed';
  /** The wait after the first dial, in place of a drawn one. @default none */
  readonly firstGap?: Promise<void>;
  /** When it is given up anyway. */
  readonly untilUs: number;
}

/**
 * Dials one endpoint from one local port again and again. A refusal is no answer yet: the peer's NAT, or its host,
 * refuses a SYN that comes before the peer's own one (RFC 5128 section 3.4).
 *
 * @param dial one try, from the same local port each time
 * @throws Error once the policy has no try left
 */
export async function dialUntil(
  attempt: Pick<Attempt, 'host' | 'sleep'>,
  dial: (timeoutMs: number) => Promise<TcpConnection>,
  { tries, gapMs, timing, firstGap, untilUs }: RetryPolicy,
): Promise<TcpConnection> {
  const { clock, random } = attempt.host;
  let tried = 0;
  let last = 'no try';
  for (;;) {
    const leftMs = (untilUs - clock.now()) / 1000;
    if (leftMs <= 0 || tried >= tries) throw new Error(tried > 1 ? `${last} in each of ${tried} tries` : last);
    tried++;
    try {
      return await dial(Math.min(TRY_TIMEOUT_MS, leftMs));
    } catch (error) {
      if (!isNetError(error) || error.code === 'ECANCELED') throw error;
      last = error.code;
    }
    if (tried >= tries) continue;
    if (tried === 1 && firstGap) await firstGap;
    else await attempt.sleep(timing === 'fixed' ? gapMs : random.below(gapMs * 1000) / 1000);
  }
}
