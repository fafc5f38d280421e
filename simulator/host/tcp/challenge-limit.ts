import type { Packet } from '../../packet.ts';
import { CHALLENGE_INTERVAL_US } from './parameters.ts';
import { segmentLength } from './segment.ts';

/**
 * Which segments that do not fit are answered. Those that carry something are, each of them; the others only twice a
 * second, or two ends out of step would answer each other's bare acknowledgements for ever (Linux tcp_oow_rate_limited,
 * RFC 5961 section 7).
 */
export class ChallengeLimit {
  #lastUs = Number.NEGATIVE_INFINITY;

  allows(segment: Packet, nowUs: number): boolean {
    if (segmentLength(segment) > 0) return true;
    if (nowUs - this.#lastUs < CHALLENGE_INTERVAL_US) return false;
    this.#lastUs = nowUs;
    return true;
  }
}
