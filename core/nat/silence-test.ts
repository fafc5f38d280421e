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
const MOST_ROUNDS = 16;
const PLAIN_MS = 3000;

/** Sends again and again until something is heard, or silence is more than lost packets. */
export async function testSilence(options: SilenceTestOptions): Promise<SilenceResult> {
  const { clock, client, server, rttUs, send, heard, signal } = options;
  const pause = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
  const patienceMs = (2 * rttUs) / 1000 + SPACING_MS;
  const underWay = Math.ceil(patienceMs / SPACING_MS);
  let [rounds, settled, answered] = [0, 0, 0];
  const over = () => heard() || signal?.aborted === true || rounds >= MOST_ROUNDS;
  const enough = () => {
    const asked = Math.max(answered, settled, rounds - underWay);
    return rounds >= triesFor({ asked, answered });
  };
  do {
    while (!over() && !enough()) {
      send();
      rounds++;
      void client.binding(server, { rtoMs: PLAIN_MS, maxRequests: 1, lastWaitFactor: 1 }).then(({ outcome }) => {
        if (outcome === 'response') answered++;
      });
      await pause(SPACING_MS);
    }
    // What is still under way may yet arrive, or turn out to be lost: then more is needed.
    if (!heard() && !signal?.aborted) await pause(patienceMs);
    settled = rounds;
  } while (!over() && !enough());
  const loss = { asked: rounds, answered };
  if (heard()) return { outcome: 'heard', rounds, loss };
  return { outcome: !signal?.aborted && enough() ? 'silent' : 'unknown', rounds, loss };
}
