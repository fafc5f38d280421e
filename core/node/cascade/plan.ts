import type { Outlook } from './outlook.ts';

/** What a plan has to know of a plugin. */
export interface Contender {
  readonly name: string;
  readonly path: 'direct' | 'relayed';
  /** Packets that an attempt sends until it is likely to have met the peer, at one end. */
  readonly packets: number;
}

export interface PlanOptions {
  readonly outlook: Outlook;
  /** `at-once`: a relay is given out as soon as it is there. `hold`: it waits for a direct path for a while. */
  readonly relay: 'at-once' | 'hold';
  /** When everything ends that has not connected; undefined: {@link LIMIT_MS}. */
  readonly limitMs: number | undefined;
}

export interface Start {
  readonly name: string;
  /** From the dial on; if all that run have ended by then without success, it starts at once. */
  readonly afterMs: number;
}

/** When to try what. */
export interface CascadePlan {
  /** In the order of the starts. */
  readonly starts: readonly Start[];
  /** How long a relay that is in hand waits for a direct path, from the dial on. */
  readonly relayHoldMs: number;
  readonly limitMs: number;
  /** Until then what has failed is tried once more, with fresh observations. */
  readonly retryUntilMs: number;
}

/** Nobody waits longer than this for nothing. */
export const LIMIT_MS = 19_000;
/** Attempts that run at once from the start may cost so many packets; the cheapest come first. */
const FIRST_WAVE_PACKETS = 64;
/** By then a pair that was likely to meet has met: one round trip over the signal channel, two over the path. */
const LIKELY_WAIT_MS = 250;
/** The others get this much from the light ones before the heavy ones begin. */
const HEAVY_WAIT_MS = 400;
const HEAVY_PACKETS = 256;
const HOLD_MS: Readonly<Record<Outlook, number>> = { likely: 1500, unsure: 1000, unlikely: 0 };
/** What fails by then leaves time enough for another try of the same length. */
const RETRY_SHARE = 0.49;

/**
 * Everything at once would connect as soon, but costs packets, mappings and relays for nothing. So the light attempts
 * go first; heavy ones, and where the outlook is good also those beyond the budget and the relays that nobody asked for
 * at once, wait for as long as the light ones take to meet.
 */
export function planCascade(contenders: readonly Contender[], { outlook, relay, limitMs }: PlanOptions): CascadePlan {
  const likely = outlook === 'likely';
  const direct = contenders.filter(({ path }) => path === 'direct').sort((x, y) => x.packets - y.packets);
  let spent = 0;
  const starts = direct.map(({ name, packets }) => {
    spent += packets;
    if (packets >= HEAVY_PACKETS) return { name, afterMs: HEAVY_WAIT_MS };
    return { name, afterMs: likely && spent > FIRST_WAVE_PACKETS ? LIKELY_WAIT_MS : 0 };
  });
  for (const { name, path } of contenders) {
    if (path === 'relayed') starts.push({ name, afterMs: likely && relay === 'hold' ? LIKELY_WAIT_MS : 0 });
  }
  const limit = limitMs ?? LIMIT_MS;
  const first = Math.min(...starts.map(({ afterMs }) => afterMs)); // Where nothing is light, there is nothing to wait for.
  return {
    starts: starts
      .map(({ name, afterMs }) => ({ name, afterMs: afterMs - first }))
      .sort((x, y) => x.afterMs - y.afterMs),
    relayHoldMs: relay === 'at-once' ? 0 : HOLD_MS[outlook],
    limitMs: limit,
    retryUntilMs: Math.floor(Math.min(limit, LIMIT_MS) * RETRY_SHARE),
  };
}
