import type { Clock, Random } from '../../core/ports/index.ts';

/** Waits longer after each failure, give or take a quarter, so that what failed together is not tried again together. */
export class BackOff {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #firstMs: number;
  readonly #longestMs: number;
  #failures = 0;
  #untilUs = 0;

  constructor(host: { readonly clock: Clock; readonly random: Random }, firstMs: number, longestMs: number) {
    this.#clock = host.clock;
    this.#random = host.random;
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
  }

  /** @returns how long to wait, in ms */
  failed(): number {
    const baseMs = Math.min(this.#longestMs, this.#firstMs * 2 ** Math.min(this.#failures++, 30));
    const waitMs = baseMs * 0.75 + this.#random.below(Math.floor(baseMs / 2) + 1);
    this.#untilUs = this.#clock.now() + Math.round(waitMs * 1000);
    return waitMs;
  }

  reset(): void {
    this.#failures = 0;
    this.#untilUs = 0;
  }

  get leftMs(): number {
    return Math.max(0, (this.#untilUs - this.#clock.now()) / 1000);
  }
}
