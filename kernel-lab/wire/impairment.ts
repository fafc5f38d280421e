import type { LinkModel } from '../../simulator/link/link-model.ts';

/** VXLAN, and the Ethernet header inside of it. */
export const FRAME_OVERHEAD = 8 + 14;
/** The longest that an exponential time gets, in multiples of its mean. */
const LONGEST = 16;
const IMPLEMENTED = new Set<keyof LinkModel>([
  ...(['latencyUs', 'jitterUs', 'exponentialJitterUs', 'reorder'] as const),
  ...(['lossPpm', 'burstLoss', 'duplicatePpm', 'rate'] as const),
]);

/** What the wire cannot do to packets, in one sentence; undefined if it can do all that the model says. */
export function whyLinkUnsupported(model: LinkModel): string | undefined {
  const missing = Object.entries(model).find(
    ([key, value]) => value !== undefined && !IMPLEMENTED.has(key as keyof LinkModel),
  );
  return missing && `link: ${missing[0]}: the wire between namespaces does not have it`;
}

/** One direction of a line: when each frame that enters leaves, if it does. Times are in milliseconds. */
export class Impairment {
  readonly #model: LinkModel;
  readonly #random: () => number;
  #bad = false;
  #lastMs = 0;
  #sentMs = 0;

  /** @param random 0 to below 1, uniform */
  constructor(model: LinkModel, random: () => number = Math.random) {
    this.#model = model;
    this.#random = random;
  }

  /** @returns when the frame, and a duplicate of it, leave: none, one or two times */
  enter(nowMs: number, frameBytes: number): number[] {
    const copies = this.#happens(this.#model.duplicatePpm ?? 0) ? 2 : 1;
    return Array.from({ length: copies }, () => this.#leave(nowMs, frameBytes - FRAME_OVERHEAD)).filter(
      (atMs) => atMs !== undefined,
    );
  }

  #leave(nowMs: number, bytes: number): number | undefined {
    const { latencyUs, jitterUs = 0, exponentialJitterUs = 0, reorder = false, lossPpm = 0 } = this.#model;
    if (this.#happens(lossPpm) || this.#burst()) return undefined;
    const sentMs = this.#transmit(nowMs, bytes);
    if (sentMs === undefined) return undefined;
    const jitter = this.#random() * jitterUs + exponentialJitterUs * this.#exponential();
    const atMs = sentMs + (latencyUs + jitter) / 1000;
    if (reorder) return atMs;
    this.#lastMs = Math.max(this.#lastMs, atMs);
    return this.#lastMs;
  }

  /** When the last bit is out; undefined if the queue has no room. */
  #transmit(nowMs: number, bytes: number): number | undefined {
    const { rate } = this.#model;
    if (rate === undefined) return nowMs;
    const waitingMs = Math.max(0, this.#sentMs - nowMs);
    const queued = (waitingMs * rate.bitsPerSecond) / 8000;
    if (queued > 0 && queued + bytes > rate.queueBytes) return undefined;
    this.#sentMs = nowMs + waitingMs + (bytes * 8000) / rate.bitsPerSecond;
    return this.#sentMs;
  }

  #burst(): boolean {
    const { burstLoss } = this.#model;
    if (burstLoss === undefined) return false;
    const lost = this.#happens(this.#bad ? burstLoss.badLossPpm : burstLoss.goodLossPpm);
    if (this.#happens(this.#bad ? burstLoss.toGoodPpm : burstLoss.toBadPpm)) this.#bad = !this.#bad;
    return lost;
  }

  #exponential(): number {
    return Math.min(LONGEST, -Math.log(1 - this.#random()));
  }

  #happens(ppm: number): boolean {
    return ppm > 0 && this.#random() * 1e6 < ppm;
  }
}
