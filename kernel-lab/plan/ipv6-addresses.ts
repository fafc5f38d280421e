import { addressInPrefix, formatPrefix, type Prefix, parsePrefix } from '../../core/net/prefix.ts';
import type { Announce } from './ipv4-addresses.ts';
import type { PlannedRouter } from './planned-router.ts';
import type { Subnet } from './subnet.ts';

/** Documentation addresses (RFC 3849), as in the simulator: segments on the core, and what sites are given of them. */
const CORE = parsePrefix('2001:db8:0:100::/56');
const SITES = parsePrefix('2001:db8:8000::/33');
/** Unique local addresses (RFC 4193), for what is behind a router that translates prefixes. */
const LOCAL = parsePrefix('fd00::/16');
/** What a router asks for, by what the one before it has: less for a home than for a site. */
const DELEGATED: Readonly<Record<number, number>> = { 33: 48, 48: 56, 56: 60, 60: 62 };
/** Routers between a host and the core. */
export const MAX_IPV6_CHAIN = Object.keys(DELEGATED).length;
const LAN_LENGTH = 64;

/** What a router has to give away. */
interface Pool {
  readonly prefix: Prefix;
  segments: number;
  delegated: number;
}

/** IPv6: every router is given a prefix by the one before it, translated or not. */
export class Ipv6Addresses {
  readonly #announce: Announce;
  readonly #sites = poolOf(SITES);
  readonly #pools = new Map<PlannedRouter, Pool>();
  #locals = 0;

  constructor(announce: Announce) {
    this.#announce = announce;
  }

  line(index: number): Subnet {
    return lan(nth(CORE, LAN_LENGTH, index));
  }

  /** Prefix delegation: a part of what the next router has goes to this one. */
  install(router: PlannedRouter): void {
    const { outside, external, behaviour } = router;
    const outer = outside.router ? this.#pools.get(outside.router)! : this.#sites;
    const length = DELEGATED[outer.prefix.length]!;
    const given = nth(outer.prefix, length, ++outer.delegated);
    this.#announce(outside.router, formatPrefix(given), external[0]);
    const translates = behaviour.translation === 'nptv6';
    const inside = translates ? nth(LOCAL, length, ++this.#locals) : given;
    if (translates) router.prefixes = { inside: formatPrefix(inside), outside: formatPrefix(given) };
    this.#pools.set(router, poolOf(inside));
  }

  segment(router: PlannedRouter): Subnet {
    const pool = this.#pools.get(router)!;
    return lan(nth(pool.prefix, LAN_LENGTH, pool.segments++));
  }
}

function poolOf(prefix: Prefix): Pool {
  return { prefix, segments: 0, delegated: 0 }; // what is delegated comes after the first block of its length
}

function nth(prefix: Prefix, length: number, index: number): Prefix {
  return { address: addressInPrefix(prefix, index * 2 ** (128 - length)), length };
}

function lan(prefix: Prefix): Subnet {
  return {
    gateway: addressInPrefix(prefix, 1),
    prefixLength: prefix.length,
    prefix: formatPrefix(prefix),
    host: (index) => addressInPrefix(prefix, 2 + index),
  };
}
