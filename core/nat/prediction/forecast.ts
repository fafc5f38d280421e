import type { Endpoint } from '../../net/endpoint.ts';
import type { PortSeries } from './port-series.ts';

/**
 * What a side's NATs will make of its next packets to the peer. `steady`: whatever they are, they come from this
 * endpoint. `series`: each fresh local port gets the next port of the series by its first packet, in the order of first
 * packets; where the same local port sends next, nobody knows its port. `unpredictable`: nobody knows any.
 */
export type Forecast =
  | { readonly kind: 'steady'; readonly endpoint: Endpoint }
  | { readonly kind: 'series'; readonly address: string; readonly series: PortSeries; readonly width: number }
  | { readonly kind: 'unpredictable' };

/** How a local port looked from outside a moment ago; `mapped` is missing where no answer came. */
export interface FreshSample {
  readonly localPort: number;
  readonly mapped: Endpoint | undefined;
}

/** What was found out about the allocation of ports earlier on, in the words of an address. */
export interface KnownAllocation {
  readonly allocation: 'unknown' | 'preserving' | 'sequential' | 'random';
  /** 0 unless sequential. */
  readonly step: number;
}

/** A step that three samples alone show: longer ones that are equal may be chance. */
const MAX_NEW_STEP = 64;
/** Foreign mappings that may have come between two samples of one instant. */
const MAX_BETWEEN = 64;

/**
 * Continues the external ports of fresh local ports that follow each other. Where each is as far from the one before,
 * it does not matter whether the NAT counts, keeps ports, shifts them by a constant, or counts along with local ports:
 * the next local ports get the next external ones.
 *
 * @param samples of local ports that follow each other, asked for in the same instant, lowest first
 * @param width how many ports to reckon with
 */
export function forecastSeries(samples: readonly FreshSample[], known: KnownAllocation, width: number): Forecast {
  const seen = samples.flatMap(({ mapped }) => mapped ?? []);
  const [first] = seen;
  if (!first || seen.some(({ address }) => address !== first.address)) return { kind: 'unpredictable' };
  const ports = seen.map(({ port }) => port);
  const even = seen.length === samples.length ? evenSeries(ports, known) : undefined;
  const series = even ?? countedSeries(ports, known) ?? keptSeries(samples, known);
  return series ? { kind: 'series', address: first.address, series, width } : { kind: 'unpredictable' };
}

/** Every sample is as far from the one before. */
function evenSeries(ports: readonly number[], known: KnownAllocation): PortSeries | undefined {
  const steps = ports.slice(1).map((port, index) => port - ports[index]!);
  const [step] = steps;
  if (step === undefined || step === 0 || steps.some((other) => other !== step)) return undefined;
  const counts = known.allocation === 'sequential' && step % known.step === 0;
  // Somebody else has mapped as often: a peer, perhaps, who looks at the same count in the same moment.
  if (counts && step !== known.step && step / known.step > 0) return undefined;
  const expected = counts && step === known.step;
  if (!expected && (steps.length < 2 || Math.abs(step) > MAX_NEW_STEP)) return undefined;
  return { last: ports.at(-1)!, step };
}

/** The NAT is known to count: others' mappings may have come between ours, or an answer was lost. */
function countedSeries(ports: readonly number[], { allocation, step }: KnownAllocation): PortSeries | undefined {
  if (allocation !== 'sequential' || step === 0) return undefined;
  const [first] = ports as [number];
  const counts = ports.map((port) => (port - first) / step);
  const plain = counts.every((count) => Number.isInteger(count) && Math.abs(count) <= MAX_BETWEEN);
  // Over the end of the range: the order in which they left has to do.
  return { last: plain ? first + Math.max(...counts) * step : ports.at(-1)!, step };
}

/** The NAT is known to keep ports: one that it did not keep was somebody else's. */
function keptSeries(samples: readonly FreshSample[], { allocation }: KnownAllocation): PortSeries | undefined {
  return allocation === 'preserving' ? { last: samples.at(-1)!.localPort, step: 1 } : undefined;
}
