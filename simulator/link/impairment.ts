import type { Random } from '../../core/ports/index.ts';
import type { Packet } from '../packet.ts';
import { exponentialUs } from './exponential.ts';

/** The verdict of an {@link Impairment} that kills the packet. */
export const LOST = -1;

/** Why packets die on a link. */
export type LinkDropReason = 'link: loss' | 'link: burst loss' | 'link: queue full' | 'link: mtu';

/** One thing that goes on in one direction of a link. A link is a chain of them. */
export interface Impairment {
  /** The drop reason for packets that it loses; empty if it loses none. */
  readonly reason: LinkDropReason | '';
  /**
   * @param departureUs when the packet enters
   * @returns microseconds that it adds to the packet's way, or {@link LOST}
   */
  transit(packet: Packet, departureUs: number): number;
}

const MILLION = 1_000_000;

export function loss(lossPpm: number, random: Random): Impairment {
  return { reason: 'link: loss', transit: () => (random.below(MILLION) < lossPpm ? LOST : 0) };
}

/** Draws without replacement (Knuth, TAOCP volume 2, algorithm 3.4.2 S): every order of a block is equally likely. */
export function exactLoss(lost: number, of: number, random: Random): Impairment {
  let left = 0;
  let doomed = 0;
  return {
    reason: 'link: loss',
    transit: () => {
      if (left === 0) {
        left = of;
        doomed = lost;
      }
      if (random.below(left--) >= doomed) return 0;
      doomed--;
      return LOST;
    },
  };
}

export function latency(latencyUs: number): Impairment {
  return { reason: '', transit: () => latencyUs };
}

/** Uniform over the integers 0 to `jitterUs`. */
export function jitter(jitterUs: number, random: Random): Impairment {
  return { reason: '', transit: () => random.below(jitterUs + 1) };
}

/** Exponentially distributed with that mean. */
export function exponentialJitter(meanUs: number, random: Random): Impairment {
  return { reason: '', transit: () => exponentialUs(meanUs, random) };
}

/** Adds `byUs` to a share of the packets. */
export function holdBack(sharePpm: number, byUs: number, random: Random): Impairment {
  return { reason: '', transit: () => (random.below(MILLION) < sharePpm ? byUs : 0) };
}
