import type { AddressId } from '../packet.ts';

/** What one session costs, in microseconds times sessions per second. */
const COST = 1_000_000;

interface Account {
  credit: number;
  /** When that was, in microseconds. */
  at: number;
}

/** How fast one internal host may open sessions (RFC 6888 REQ-4B): a token bucket with room for one second's worth. */
export class SessionRate {
  readonly #perSecond: number;
  // One entry an inside address at most.
  readonly #accounts = new Map<AddressId, Account>();

  /** @param perSecond 0: as fast as it likes */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** May the host open another session now? If so, it counts as opened. */
  spend(host: AddressId, now: number): boolean {
    if (this.#perSecond === 0) return true;
    const full = COST * this.#perSecond;
    let account = this.#accounts.get(host);
    if (!account) {
      account = { credit: full, at: now };
      this.#accounts.set(host, account);
    }
    account.credit = Math.min(full, account.credit + (now - account.at) * this.#perSecond);
    account.at = now;
    if (account.credit < COST) return false;
    account.credit -= COST;
    return true;
  }
}
