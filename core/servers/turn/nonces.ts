import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock, Random } from '../../ports/index.ts';

const MAC_LENGTH = 8;

/**
 * Nonces that the server can recognise without remembering them: when one ends, and a MAC over that and the client's
 * address. Short, since they go to whoever asks.
 */
export class Nonces {
  readonly #clock: Clock;
  readonly #secret: Uint8Array;
  readonly #lifetimeMs: number;

  constructor(clock: Clock, random: Random, lifetimeMs: number) {
    this.#clock = clock;
    this.#secret = random.bytes(32);
    this.#lifetimeMs = lifetimeMs;
  }

  issue(address: string): string {
    const end = Math.floor(this.#clock.now() / 1000 + this.#lifetimeMs).toString(36);
    return `${end}-${this.#mac(end, address).toString('base64url')}`;
  }

  /** False if it is not ours, not for this client, or over. */
  isValid(nonce: string, address: string): boolean {
    const dash = nonce.indexOf('-');
    if (dash < 0 || nonce.length > 64) return false;
    const end = nonce.slice(0, dash);
    const given = Buffer.from(nonce.slice(dash + 1), 'base64url');
    if (given.length !== MAC_LENGTH || !timingSafeEqual(given, this.#mac(end, address))) return false;
    return Number.parseInt(end, 36) > this.#clock.now() / 1000;
  }

  #mac(end: string, address: string): Buffer {
    return createHmac('sha256', this.#secret).update(`${end} ${address}`).digest().subarray(0, MAC_LENGTH);
  }
}
