import { compareWays } from '../net/destination-order.ts';
import type { Endpoint } from '../net/endpoint.ts';
import { familyOf } from '../net/ip.ts';
import { prefixContains, prefixOf } from '../net/prefix.ts';
import type { AddressContent, AddressInterface } from '../wire/address/address-content.ts';

/** Where to dial, and from which of our addresses. */
export interface DialRoute {
  readonly target: Endpoint;
  /** Undefined: the host has one address of the family, or knows best. */
  readonly localAddress: string | undefined;
}

const MAX_ROUTES = 12;

/**
 * Every way to the targets in the order to try them in: what RFC 6724 prefers first, the families by turns (RFC 8305
 * section 4), our interfaces in our own order.
 */
export function dialRoutes(local: AddressContent, targets: readonly Endpoint[]): DialRoute[] {
  const ways = targets.flatMap((target) => waysTo(local, target));
  const rank = (way: Way): number => local.interfaces.indexOf(way.own!);
  const sorted = [...ways].sort((one, other) => {
    if (!one.own || !other.own) return 0;
    const byAddress = compareWays(wayOf(one), wayOf(other));
    return byAddress || (familyOf(one.own.address) === familyOf(other.own.address) ? rank(one) - rank(other) : 0);
  });
  return byTurns(sorted)
    .slice(0, MAX_ROUTES)
    .map(({ target, localAddress }) => ({ target, localAddress }));
}

interface Way extends DialRoute {
  readonly own: AddressInterface | undefined;
}

function waysTo(local: AddressContent, target: Endpoint): Way[] {
  const own = local.interfaces.filter(({ address }) => familyOf(address) === familyOf(target.address));
  if (own.length <= 1) return [{ target, localAddress: undefined, own: own[0] }];
  const onLink = own.filter(({ address, prefixLength }) =>
    prefixContains(prefixOf(address, prefixLength), target.address),
  );
  return (onLink.length > 0 ? onLink : own).map((entry) => ({ target, localAddress: entry.address, own: entry }));
}

function wayOf({ own, target }: Way) {
  return { source: own!.address, destination: target.address };
}

/** The best of one family, the best of the other, the second best of the first, and so on. */
function byTurns(ways: readonly Way[]): Way[] {
  const [first] = ways;
  if (!first) return [];
  const leading = ways.filter(({ target }) => familyOf(target.address) === familyOf(first.target.address));
  const others = ways.filter((way) => !leading.includes(way));
  return leading.flatMap((way, index) => [way, ...others.slice(index, index + 1)]).concat(others.slice(leading.length));
}
