import type { Endpoint } from '../../net/endpoint.ts';
import { isNetError } from '../../net/error.ts';
import type { TcpConnection } from '../../ports/index.ts';
import type { Attempt } from '../plugin.ts';

/**
 * A fixed gap can keep two sides out of step for good: each SYN arrives when the other side's hole has just been shut
 * by an RST. A random one meets soon.
 */
const MAX_RETRY_GAP_MS = 100;
/** One try covers a retransmission of the SYN; NATs that drop silently need no more than one. */
const TRY_TIMEOUT_MS = 2000;

/**
 * Dials one endpoint from one local port again and again. A refusal is no answer yet: the peer's NAT, or its host,
 * refuses a SYN that comes before the peer's own one (RFC 5128 section 3.4).
 *
 * @throws Error once `untilUs` has passed
 */
export async function dialUntil(
  attempt: Attempt,
  target: Endpoint,
  localPort: number,
  untilUs: number,
): Promise<TcpConnection> {
  const { clock, random, tcp } = attempt.host;
  let tries = 0;
  let last = 'no try';
  for (;;) {
    const leftMs = (untilUs - clock.now()) / 1000;
    if (leftMs <= 0) throw new Error(`${last} in each of ${tries} tries`);
    tries++;
    try {
      return await tcp.dial(target, {
        localPort,
        timeoutMs: Math.min(TRY_TIMEOUT_MS, leftMs),
        signal: attempt.signal,
        ...(attempt.bindAddress !== undefined && { localAddress: attempt.bindAddress }),
      });
    } catch (error) {
      if (!isNetError(error) || error.code === 'ECANCELED') throw error;
      last = error.code;
    }
    await attempt.sleep(random.below(MAX_RETRY_GAP_MS * 1000) / 1000);
  }
}
