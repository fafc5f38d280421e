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
  const known = new Set(seen);
  const span = Math.max(16, high - low + 1);
  const wanted = (port: number) => !known.has(port) && (parity === undefined || (port & 1) === parity);
  let [from, to] = [low, high];
  yield* shuffled(range(from, to).filter(wanted), random);
  while (from > ALL_PORTS[0] || to < ALL_PORTS[1]) {
    const [inner, outer] = [from, to];
    from = Math.max(ALL_PORTS[0], from - (span >> 2));
    to = Math.min(ALL_PORTS[1], to + (span >> 2));
    yield* shuffled([...range(from, inner - 1), ...range(outer + 1, to)].filter(wanted), random);
  }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

/** Draws without replacement, one at a time: whoever stops early pays for no more. */
function* shuffled(ports: number[], random: Random): Generator<number> {
  for (let left = ports.length; left > 0; left--) {
    const index = random.below(left);
    const drawn = ports[index]!;
    ports[index] = ports[left - 1]!;
    yield drawn;
  }
}
