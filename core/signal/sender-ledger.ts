import { type RateLimit, TokenBucket } from './token-bucket.ts';

export interface LedgerLimits {
  /** Message ids remembered, of all senders together. @default 16384 */
  readonly ids: number;
  /** Message ids remembered of one sender. @default 1024 */
  readonly idsPerSender: number;
  /** What one sender may send. @default 64 at once, 1 a second */
  readonly rate: RateLimit;
}

export const DEFAULT_LEDGER_LIMITS: LedgerLimits = {
  ids: 16_384,
  idsPerSender: 1024,
  rate: { burst: 64, perSecond: 1 },
};

/** Strangers get this part of the table and no more, so that they can't push out those who were there before. */
const STRANGERS_SHARE = 0.75;
const SWEEP_INTERVAL_MS = 1000;

interface Sender {
  /** From message id to the time when it may be forgotten. */
  readonly ids: Map<string, number>;
  readonly bucket: TokenBucket;
}

/**
 * Remembers every message that was taken for as long as it could be taken again, and how fast each sender sends. A
 * full table refuses what is new rather than forget what is old: forgetting would let a replay in.
 */
export class SenderLedger {
  readonly #limits: LedgerLimits;
  readonly #senders = new Map<string, Sender>();
  #size = 0;
  #sweptAtMs = Number.NEGATIVE_INFINITY;
  #forgottenMs = Number.NEGATIVE_INFINITY;

  constructor(limits: LedgerLimits) {
    this.#limits = limits;
  }

  /**
   * Ids that expired up to here may have been forgotten. A message that expires no later must be refused, even if the
   * wall clock was set back since.
   */
  get forgottenMs(): number {
    return this.#forgottenMs;
  }

  knows(sender: string, id: string): boolean {
    return this.#senders.get(sender)?.ids.has(id) ?? false;
  }

  /** May the sender send one more now? Nothing is kept of a sender of whom no message was taken. */
  mayProceed(sender: string, nowUs: number): boolean {
    return this.#senders.get(sender)?.bucket.take(nowUs) ?? true;
  }

  /** Remembers a message until `expiresMs`. False: there is no room for it, so it must not be taken. */
  admit(sender: string, id: string, expiresMs: number, nowUs: number, wallMs: number): boolean {
    this.#sweep(wallMs);
    const { ids, idsPerSender, rate } = this.#limits;
    let entry = this.#senders.get(sender);
    if (this.#size >= (entry ? ids : ids * STRANGERS_SHARE)) return false;
    if (!entry) {
      entry = { ids: new Map(), bucket: new TokenBucket(rate, nowUs) };
      entry.bucket.take(nowUs);
      this.#senders.set(sender, entry);
    }
    if (entry.ids.size >= idsPerSender) return false;
    entry.ids.set(id, expiresMs);
    this.#size++;
    return true;
  }

  #sweep(wallMs: number): void {
    if (Math.abs(wallMs - this.#sweptAtMs) < SWEEP_INTERVAL_MS) return;
    this.#sweptAtMs = wallMs;
    for (const [key, { ids }] of this.#senders) {
      for (const [id, expiresMs] of ids) {
        if (expiresMs >= wallMs) continue;
        ids.delete(id);
        this.#size--;
        this.#forgottenMs = Math.max(this.#forgottenMs, expiresMs);
      }
      if (ids.size === 0) this.#senders.delete(key);
    }
  }
}
