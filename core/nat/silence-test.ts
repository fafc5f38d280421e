import type { Endpoint } from '../net/endpoint.ts';
import type { Clock } from '../ports/index.ts';
import { type LossSample, triesFor } from './silence.ts';
import type { StunClient } from './stun-client.ts';

export interface SilenceTestOptions {
  readonly clock: Clock;
  /** Asks plain requests meanwhile, of {@link server}, which tell how many packets get lost. */
  readonly client: StunClient;
  readonly server: Endpoint;
  readonly rttUs: number;
  /** Sends what may be heard of, or not. */
  readonly send: () => void;
  readonly heard: () => boolean;
  readonly signal: AbortSignal | undefined;
}

export interface SilenceResult {
  /** `unknown`: nothing was heard, but so much gets lost that this says little. */
  readonly outcome: 'heard' | 'silent' | 'unknown';
  readonly rounds: number;
  /** Of the plain requests. */
  readonly loss: LossSample;
}

const SPACING_MS = 100;
const MOST_ROUNDS = 12;
const PLAIN_MS = 3000;

/** Sends again and again until something is heard, or silence is more than lost packets. */
export async function testSilence(options: SilenceTestOptions): Promise<SilenceResult> {
  const { clock, client, server, rttUs, send, heard, signal } = options;
  const pause = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
  const underWay = Math.ceil(rttUs / 1000 / SPACING_MS) + 1;
  let [rounds, answered] = [0, 0];
  const enough = () => rounds >= triesFor({ asked: Math.max(answered, rounds - underWay), answered });
  while (!heard() && !signal?.aborted && rounds < MOST_ROUNDS && !enough()) {
    send();
    rounds++;
    void client.binding(server, { rtoMs: PLAIN_MS, maxRequests: 1, lastWaitFactor: 1 }).then(({ outcome }) => {
      if (outcome === 'response') answered++;
    });
    await pause(SPACING_MS);
  }
  if (!heard() && !signal?.aborted) await pause((2 * rttUs) / 1000 + SPACING_MS);
  const loss = { asked: rounds, answered };
  if (heard()) return { outcome: 'heard', rounds, loss };
  return { outcome: !signal?.aborted && rounds >= triesFor(loss) ? 'silent' : 'unknown', rounds, loss };
}
