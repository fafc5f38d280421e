import { INITIAL_RTO_US, MAX_RTO_US, MIN_RTO_US } from './parameters.ts';
import { distance, type Sequence } from './sequence.ts';

/**
 * The retransmission timeout of RFC 6298. It times one segment at a time, and none that was sent twice (Karn's
 * algorithm); the variance term has Linux' floor instead of the RFC's floor of a second for the whole.
 */
export class RttEstimator {
  /** The timeout in force, in microseconds, back-off included. */
  rtoUs = INITIAL_RTO_US;
  #smoothedUs: number | undefined;
  #variationUs = 0;
  #timedAtUs: number | undefined;
  #timedUpTo: Sequence = 0;

  /** Data up to `end` leaves for the first time. */
  sent(end: Sequence, nowUs: number): void {
    if (this.#timedAtUs !== undefined) return;
    this.#timedAtUs = nowUs;
    this.#timedUpTo = end;
  }

  /** Something is sent again: what its acknowledgement answers can't be told. */
  retransmitted(): void {
    this.#timedAtUs = undefined;
  }

  acknowledged(ack: Sequence, nowUs: number): void {
    if (this.#timedAtUs === undefined || distance(this.#timedUpTo, ack) < 0) return;
    this.sample(nowUs - this.#timedAtUs);
    this.#timedAtUs = undefined;
  }

  /** RFC 6298 (2.2) and (2.3). A sample ends the back-off, and nothing else does (section 5, last note). */
  sample(rttUs: number): void {
    if (this.#smoothedUs === undefined) {
      this.#smoothedUs = rttUs;
      this.#variationUs = rttUs / 2;
    } else {
      this.#variationUs += (Math.abs(this.#smoothedUs - rttUs) - this.#variationUs) / 4;
      this.#smoothedUs += (rttUs - this.#smoothedUs) / 8;
    }
    const rto = this.#smoothedUs + Math.max(MIN_RTO_US, 4 * this.#variationUs);
    this.rtoUs = Math.min(Math.round(rto), MAX_RTO_US);
  }

  /** RFC 6298 (5.5). */
  backOff(): void {
    this.rtoUs = Math.min(2 * this.rtoUs, MAX_RTO_US);
  }
}
