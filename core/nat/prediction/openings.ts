import type { Endpoint } from '../../net/endpoint.ts';
import type { Forecast } from './forecast.ts';
import { portAfter } from './port-series.ts';

/** A first packet: from which local port, and where to. */
export interface Opening {
  /**
   * 0: the local port whose mapping is known, or that serves all destinations. From 1 on: the fresh local ports in the
   * order in which they follow the sampled ones; each opens one place only.
   */
  readonly slot: number;
  readonly target: Endpoint;
}

/** Where nothing can be mistaken, a second slot makes up for a port that somebody else has taken. */
const SURE_SLOTS = 2;

/**
 * The first packets of one side, in the order in which they must leave. The other side works out its own from the same
 * two forecasts, and the two meet.
 *
 * Two sides whose NATs both count face each other like this: the packet of our slot i leaves from our port i, or, after
 * f mappings of others, from port f + i, and both sides must have aimed at what the other really got. Were both to aim
 * slot i at port i, they would meet only if nobody else's mapping came in between on either side. So the initiator aims
 * slot i at port i, and the responder at port 2i - 1: whatever the shifts f of the initiator and g of the responder, the
 * initiator's slot f + 2g + 1 and the responder's slot f + g + 1 are aimed at each other.
 */
export function planOpenings(role: 'initiator' | 'responder', own: Forecast, peer: Forecast): Opening[] {
  if (peer.kind === 'unpredictable' || own.kind === 'unpredictable') return [];
  if (peer.kind === 'steady') {
    const slots = own.kind === 'steady' ? [0] : upTo(SURE_SLOTS);
    return slots.map((slot) => ({ slot, target: peer.endpoint }));
  }
  const at = (count: number): Endpoint => ({ address: peer.address, port: portAfter(peer.series, count) });
  if (own.kind === 'steady') return upTo(peer.width).map((count) => ({ slot: 0, target: at(count) }));
  const width = Math.min(own.width, peer.width);
  return upTo(width).map((slot) => ({ slot, target: at(role === 'initiator' ? slot : 2 * slot - 1) }));
}

/** How many fresh local ports the openings need. */
export function slotsNeeded(openings: readonly Opening[]): number {
  return Math.max(0, ...openings.map(({ slot }) => slot));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
