import type { Random } from '../../core/ports/index.ts';
import type { Impairment } from './impairment.ts';

/** One packet in nine million would be later. */
const MOST_MEANS = 16;

/**
 * Exponentially distributed lateness by comparing uniform draws only (J. von Neumann, "Various techniques used in
 * connection with random digits", 1951): a logarithm would not be the same on every machine.
 */
export function exponentialJitter(meanUs: number, random: Random): Impairment {
  return {
    reason: '',
    transit: () => {
      for (let wholeMeans = 0; wholeMeans < MOST_MEANS; wholeMeans++) {
        const first = random.uint32();
        if (descendsOddly(first, random)) return wholeMeans * meanUs + Math.floor((first * meanUs) / 0x1_0000_0000);
      }
      return MOST_MEANS * meanUs;
    },
  };
}

/** Does the run of ever smaller draws that `first` begins have odd length? So it has with probability e to the -first. */
function descendsOddly(first: number, random: Random): boolean {
  let odd = true;
  let last = first;
  for (;;) {
    const next = random.uint32();
    if (next >= last) return odd;
    last = next;
    odd = !odd;
  }
}
