import { type Packet, wireLength } from '../packet.ts';
import { type Impairment, LOST } from './impairment.ts';
import type { Rate } from './link-model.ts';

const MICROSECONDS = 1_000_000;

/**
 * A transmitter with a queue before it, first in, first out, that drops what does not fit (tail drop). Times are exact:
 * what a packet takes beyond whole microseconds is kept as a remainder, so that a full link carries its rate.
 */
export class Queue implements Impairment {
  readonly reason = 'link: queue full';
  readonly #bitsPerSecond: number;
  readonly #capacity: number;
  /** When the last packet has left: whole microseconds, and beyond them in parts of `bitsPerSecond`. */
  #freeAtUs = 0;
  #freeAtRest = 0;

  constructor({ bitsPerSecond, queueBytes }: Rate) {
    this.#bitsPerSecond = bitsPerSecond;
    this.#capacity = queueBytes * 8 * MICROSECONDS;
  }

  transit(packet: Packet, nowUs: number): number {
    const rate = this.#bitsPerSecond;
    // Bits and a million of them, so that nothing is rounded: at most 8 * 10^15, which a double holds exactly.
    const own = wireLength(packet) * 8 * MICROSECONDS;
    const ahead = this.#freeAtUs < nowUs ? 0 : (this.#freeAtUs - nowUs) * rate + this.#freeAtRest;
    if (ahead > 0 && ahead + own > this.#capacity) return LOST;
    if (ahead === 0) {
      this.#freeAtUs = nowUs;
      this.#freeAtRest = 0;
    }
    const total = this.#freeAtRest + own;
    this.#freeAtRest = total % rate;
    this.#freeAtUs += (total - this.#freeAtRest) / rate;
    return this.#freeAtUs - nowUs + (this.#freeAtRest > 0 ? 1 : 0);
  }
}
