import type { Random } from '../../ports/index.ts';
import type { FreshSample } from './forecast.ts';
import { ALL_PORTS } from './port-series.ts';

/** What samples tell of where a NAT's random ports lie. */
export interface PortSpread {
  /** The lowest and the highest port that was seen. */
  readonly low: number;
  readonly high: number;
  /** The external ports of even local ports are even; undefined: they are not, or it is not known. */
  readonly parity: 0 | undefined;
  /** Ports that are in use already, by other local ports. */
  readonly seen: readonly number[];
}

/** Samples after which parity (RFC 4787 REQ-4) is no chance: one NAT in a thousand would look so. */
const PARITY_SAMPLES = 10;

/** Of fresh local ports, even and odd ones. Undefined if there is no sample. */
export function spreadOf(samples: readonly FreshSample[]): PortSpread | undefined {
  const known = samples.flatMap(({ localPort, mapped }) => (mapped ? [{ localPort, port: mapped.port }] : []));
  if (known.length === 0) return undefined;
  const seen = known.map(({ port }) => port);
  const fits = known.every(({ localPort, port }) => ((localPort ^ port) & 1) === 0);
  return {
    low: Math.min(...seen),
    high: Math.max(...seen),
    parity: fits && known.length >= PARITY_SAMPLES ? 0 : undefined,
    seen,
  };
}

/**
 * Every port once, the likeliest first: at random within the range that was seen, as all of it is equally likely; then
 * ever wider around it, in case that the host has a block of ports (RFC 7422) that reaches a little farther.
 */
export function* searchOrder({ low, high, parity, seen }: PortSpread, random: Random): Generator<number> {
  const step = parity === undefined ? 1 : 2;
  const span = Math.max(16, high - low + 1);
  let [from, to] = [low, high];
  yield* shuffled(portsOf([[from, to]], step, seen), random);
  while (from > ALL_PORTS[0] || to < ALL_PORTS[1]) {
    const [inner, outer] = [from, to];
    from = Math.max(ALL_PORTS[0], from - (span >> 2));
    to = Math.min(ALL_PORTS[1], to + (span >> 2));
    const around: Range[] = [
      [from, inner - 1],
      [outer + 1, to],
    ];
    yield* shuffled(portsOf(around, step, seen), random);
  }
}

/** First and last port. */
type Range = readonly [number, number];

/** Every port of the ranges but those in use; every other one, the even ones, if `step` is 2. */
function portsOf(ranges: readonly Range[], step: 1 | 2, inUse: readonly number[]): Uint16Array {
  const ports = new Uint16Array(ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0));
  const skipped = new Set(inUse);
  let count = 0;
  for (const [first, last] of ranges) {
    for (let port = first + (first % step); port <= last; port += step) if (!skipped.has(port)) ports[count++] = port;
  }
  return ports.subarray(0, count);
}

/** Draws without replacement, one at a time: whoever stops early pays for no more. */
function* shuffled(ports: Uint16Array, random: Random): Generator<number> {
  for (let left = ports.length; left > 0; left--) {
    const index = random.below(left);
    const drawn = ports[index]!;
    ports[index] = ports[left - 1]!;
    yield drawn;
  }
}
