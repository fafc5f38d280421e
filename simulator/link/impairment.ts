import type { Random } from '../../core/ports/index.ts';
import type { Packet } from '../packet.ts';

/** The verdict of an {@link Impairment} that kills the packet. */
export const LOST = -1;

/** One thing that goes on in one direction of a link. A link is a chain of them. */
export interface Impairment {
  /** The drop reason for packets that it loses. */
  readonly reason: string;
  /**
   * @param departureUs when the packet enters
   * @returns microseconds that it adds to the packet's way, or {@link LOST}
   */
  transit(packet: Packet, departureUs: number): number;
}

export function loss(lossPpm: number, random: Random): Impairment {
  return { reason: 'link: loss', transit: () => (random.below(1_000_000) < lossPpm ? LOST : 0) };
}

export function latency(latencyUs: number): Impairment {
  return { reason: '', transit: () => latencyUs };
}

/** Uniform over the integers 0 to `jitterUs`. */
export function jitter(jitterUs: number, random: Random): Impairment {
  return { reason: '', transit: () => random.below(jitterUs + 1) };
}
