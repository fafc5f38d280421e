import type { Forecast } from './forecast.ts';
import type { Opening } from './openings.ts';
import { countTo, type PortSeries, portAfter } from './port-series.ts';

/** Two looks at one count are no further apart than what both sides, and some others, map in between. */
const NEAR = 256;

/** The newest port that two sides have seen of the one count that both draw from. */
export interface SharedCount {
  readonly address: string;
  readonly series: PortSeries;
  /** Fresh local ports that each side has. */
  readonly width: number;
}

/**
 * Two sides that are behind one NAT that counts: the mappings of each come in between those of the other. Undefined: they
 * do not look like it. Both get the same answer.
 */
export function sharedCount(one: Forecast, other: Forecast): SharedCount | undefined {
  if (one.kind !== 'series' || other.kind !== 'series') return undefined;
  if (one.address !== other.address || one.series.step !== other.series.step) return undefined;
  const [there, back] = [countTo(one.series, other.series.last, NEAR), countTo(other.series, one.series.last, NEAR)];
  if (there === undefined && back === undefined) return undefined;
  // A long step soon comes round: then the short way is the right one.
  const newer = (there ?? Infinity) <= (back ?? Infinity) ? other : one;
  return { address: one.address, series: newer.series, width: Math.min(one.width, other.width) };
}

/**
 * The first packets of one side of a shared count. All those of the responder must have left before the initiator's
 * first: then its slots get the ports from the first on, and the initiator's those after all of them.
 *
 * Mappings of others shift the responder's ports by g, and the initiator's by f more. The initiator aims slot i at port i,
 * and the responder slot j at port width + 2j - 1: so the initiator's slot 3g + f + 1 and the responder's slot 2g + f + 1
 * are aimed at each other.
 */
export function planSharedOpenings(role: 'initiator' | 'responder', count: SharedCount): Opening[] {
  const { address, series, width } = count;
  return Array.from({ length: width }, (_, index) => {
    const slot = index + 1;
    const port = portAfter(series, role === 'initiator' ? slot : width + 2 * slot - 1);
    return { slot, target: { address, port } };
  });
}
