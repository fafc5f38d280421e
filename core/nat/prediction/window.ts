import { countTo, type PortSeries } from './port-series.ts';

/** However quiet a NAT seemed, a few foreign mappings may come in between. */
export const MIN_WINDOW = 12;
/** Each port of a window costs a socket and its packets. */
export const MAX_WINDOW = 24;
/** How sure a window is to be wide enough, as long as it may grow. */
const CONFIDENCE = 0.995;
/** External ports are used again after some time, so a longer way round is not believed in. */
const MAX_COUNT = 4096;

/**
 * How many ports to reckon with: the next mapping is one of them unless more foreign ones came in between than
 * {@link CONFIDENCE} allows for. Foreign mappings are a Poisson process.
 *
 * @param contention foreign mappings per second; undefined: not known
 * @param ageMs time from the last port that was seen to the mapping that is made
 */
export function windowFor(contention: number | undefined, ageMs: number): number {
  if (contention === undefined) return MIN_WINDOW;
  const mean = (contention * ageMs) / 1000;
  let term = Math.exp(-mean);
  let sum = term;
  let window = 1;
  while (sum < CONFIDENCE && window < MAX_WINDOW) {
    term *= mean / window;
    sum += term;
    window++;
  }
  return Math.max(MIN_WINDOW, window);
}

/**
 * Foreign mappings per second between two looks at the same count; undefined if the later one is none of its ports.
 *
 * @param own mappings of our own in between, the later sample's included
 */
export function contentionBetween(
  earlier: PortSeries,
  later: PortSeries,
  own: number,
  elapsedMs: number,
): number | undefined {
  if (earlier.step !== later.step) return undefined;
  const count = countTo(earlier, later.last, MAX_COUNT);
  return count === undefined ? undefined : (1000 * Math.max(0, count - own)) / Math.max(1, elapsedMs);
}
