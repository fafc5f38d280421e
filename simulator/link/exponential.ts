import type { Random } from '../../core/ports/index.ts';

/** One draw in nine million would be beyond. */
const MOST_MEANS = 16;

/**
 * An exponentially distributed time with this mean, at most 16 times it, by comparing uniform draws only (J. von
 * Neumann, "Various techniques used in connection with random digits", 1951): a logarithm would not be the same on
 * every machine.
 */
export function exponentialUs(meanUs: number, random: Random): number {
  for (let wholeMeans = 0; wholeMeans < MOST_MEANS; wholeMeans++) {
    const first = random.uint32();
    if (descendsOddly(first, random)) return wholeMeans * meanUs + Math.floor((first * meanUs) / 0x1_0000_0000);
  }
  return MOST_MEANS * meanUs;
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
