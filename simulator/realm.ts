import { familyOf } from '../core/net/ip.ts';
import { addressInPrefix, formatPrefix, type Prefix } from '../core/net/prefix.ts';
import { AddressPool } from './address-pool.ts';
import type { Link } from './link/link-model.ts';
import { Segment } from './link/segment.ts';
import type { Interface } from './router/network-layer.ts';
import type { Router } from './router/router.ts';
import type { World } from './world/world.ts';

/** A place to plug a device in. */
export interface Slot {
  readonly segment: Segment;
  /** Own addresses there, each with the length of its subnet's prefix. */
  readonly addresses: readonly [string, ...string[]];
  readonly link: Link;
  /** The next router's address. */
  readonly gateway: string;
  /** The next router's interface. */
  readonly on: Interface;
  /** As many addresses that nobody has had. @throws RangeError if no more are left */
  readonly renew: () => readonly string[];
}

export interface Upstream {
  readonly realm: Realm;
  readonly slot: Slot;
}

/** The address space behind a router. */
export interface Realm {
  readonly router: Router;
  /** Translating routers between this realm and the core. */
  readonly depth: number;
  /** Behind a router that does not translate: the place where that one joined the next realm. */
  readonly upstream: Upstream | undefined;
  /** IPv6: what routers and LANs of the realm get their prefixes from. */
  readonly blocks?: AddressPool | undefined;
  /**
   * @param addresses how many @default 1
   * @param link to the router @default the realm's own
   * @throws RangeError if no address is left
   */
  join(addresses?: number, link?: Link): Slot;
}

/** Where a realm is. */
export type Site = Pick<Realm, 'router' | 'depth' | 'upstream' | 'blocks'>;

/** Everybody has a cable of his own to the router: the core and carriers. */
export class CableRealm implements Realm {
  readonly router: Router;
  readonly depth: number;
  readonly upstream: Upstream | undefined;
  readonly blocks: AddressPool | undefined;
  readonly #world: World;
  readonly #pool: AddressPool;
  readonly #gateway: string;
  readonly #link: Link;

  /**
   * @param link of a cable, unless told otherwise
   * @param gateway the router's own address on every cable
   */
  constructor(world: World, site: Site, pool: AddressPool, link: Link, gateway = pool.take()) {
    this.#world = world;
    this.router = site.router;
    this.depth = site.depth;
    this.upstream = site.upstream;
    this.blocks = site.blocks;
    this.#pool = pool;
    this.#link = link;
    this.#gateway = gateway;
  }

  join(addresses = 1, link = this.#link, pool = this.#pool): Slot {
    const segment = new Segment(this.#world);
    const on = this.router.attach(segment, { addresses: [alone(this.#gateway)] });
    const next = (): string => {
      const address = alone(pool.take());
      this.router.network.addRoute(address, on);
      return address;
    };
    const first = next();
    const rest = Array.from({ length: addresses - 1 }, next);
    const renew = () => [first, ...rest].map(next);
    return { segment, addresses: [first, ...rest], link, gateway: this.#gateway, on, renew };
  }

  /** A block of the realm's own addresses, for what stands behind a router that does not translate. */
  takeBlock(size: number): Prefix {
    return this.#pool.takeBlock(size);
  }
}

/** Everybody is on one segment: a home. */
export class LanRealm implements Realm {
  readonly router: Router;
  readonly depth: number;
  readonly upstream: Upstream | undefined;
  readonly blocks: AddressPool | undefined;
  readonly #segment: Segment;
  readonly #prefix: Prefix;
  readonly #gateway: string;
  readonly #pool: AddressPool;
  readonly #on: Interface;
  readonly #link: Link;

  /**
   * The router's own address is the first of the prefix.
   *
   * @param latencyUs from anybody to anybody
   */
  constructor(world: World, site: Site, prefix: Prefix, latencyUs: number) {
    const { router } = site;
    this.router = router;
    this.depth = site.depth;
    this.upstream = site.upstream;
    this.blocks = site.blocks;
    this.#segment = new Segment(world);
    this.#prefix = prefix;
    this.#pool = new AddressPool(prefix);
    this.#gateway = this.#pool.take();
    this.#link = { up: { latencyUs }, down: { latencyUs: 0 } };
    this.#on = router.attach(this.#segment, { addresses: [this.#withLength(this.#gateway)], link: this.#link });
  }

  join(addresses = 1, link = this.#link): Slot {
    const next = (): string => this.#withLength(this.#pool.take());
    const first = next();
    const rest = Array.from({ length: addresses - 1 }, next);
    const renew = () => [first, ...rest].map(next);
    return { segment: this.#segment, addresses: [first, ...rest], link, gateway: this.#gateway, on: this.#on, renew };
  }

  #withLength(address: string): string {
    return `${address}/${this.#prefix.length}`;
  }
}

/** Makes a block of addresses stand behind what sits in `slot`: everybody up to the next NAT must know. */
export function delegate(realm: Realm, slot: Slot, block: Prefix): void {
  realm.router.network.addRoute(formatPrefix(block), slot.on, hostPart(slot.addresses[0]));
  if (realm.upstream) delegate(realm.upstream.realm, realm.upstream.slot, block);
}

/** A subnet of one address. */
function alone(address: string): string {
  return `${address}/${familyOf(address) === 4 ? 32 : 128}`;
}

/** The block that follows the first `index` ones of `size` addresses in a prefix. */
export function nthBlock(prefix: Prefix, size: number, index: number): Prefix {
  return { address: addressInPrefix(prefix, size * index), length: 32 - Math.log2(size) };
}

function hostPart(address: string): string {
  return address.slice(0, address.indexOf('/'));
}
