import type { NatBehaviour } from '../core/nat/behaviour.ts';
import { formatPrefix, type Prefix, parsePrefix } from '../core/net/prefix.ts';
import { AddressPool } from './address-pool.ts';
import type { Fabric, Installation } from './line.ts';
import { type Link, symmetricLink } from './link/link-model.ts';
import { CableRealm, LanRealm, type Realm, type Slot } from './realm.ts';
import { EdgeRouter } from './router/edge-router.ts';
import { Nat64Router } from './router/nat64-router.ts';
import { PrefixTranslation } from './router/nptv6.ts';
import { PrefixRewriter } from './router/prefix-rewriter.ts';
import type { Router } from './router/router.ts';
import type { World } from './world/world.ts';

/** Of the range for documentation (RFC 3849): servers, routers on the core, and what they hand out. */
const SERVERS = parsePrefix('2001:db8:0:1::/64');
const CORE = parsePrefix('2001:db8:0:2::/64');
const SITES = parsePrefix('2001:db8:8000::/33');
/** Unique local addresses (RFC 4193), for what is behind a router that translates prefixes. */
const LOCAL = parsePrefix('fd00::/16');
/** What a router asks for, by what the one before it has: less for a home than for a site. */
const DELEGATED: Readonly<Record<number, number>> = { 33: 48, 48: 56, 56: 60, 60: 62 };
const LAN_LENGTH = 64;

/** IPv6: servers are in 2001:db8:0:1::/64, sites in 2001:db8:8000::/33, or fd00::/16 where prefixes are translated. */
export class Ipv6Fabric implements Fabric {
  readonly internet: CableRealm;
  readonly #world: World;
  readonly #latencyUs: number;
  readonly #ipv4: () => Fabric;
  readonly #servers = new AddressPool(SERVERS);
  readonly #local = new AddressPool(LOCAL);
  /** What the blocks of a realm are taken from has this length. */
  readonly #lengths = new Map<AddressPool, number>();

  /**
   * @param latencyUs of every hop inside the outermost one, one way
   * @param ipv4 what a NAT64 has on its other side
   */
  constructor(world: World, core: Router, latencyUs: number, ipv4: () => Fabric) {
    this.#world = world;
    this.#ipv4 = ipv4;
    this.#latencyUs = latencyUs;
    const site = { router: core, depth: 0, upstream: undefined, blocks: this.#poolOf(SITES) };
    const link = symmetricLink({ latencyUs });
    this.internet = new CableRealm(world, site, new AddressPool(CORE), link, this.#servers.take());
  }

  join(realm: Realm, _behaviour: NatBehaviour, link: Link | undefined): Slot {
    return realm.join(1, link);
  }

  serverSlot(addresses: number, link: Link): Slot {
    return this.internet.join(addresses, link, this.#servers);
  }

  install({ name, behaviour, outer, slot, link, home }: Installation): { router: EdgeRouter; realm: Realm } {
    const outside = this.#delegate(outer, slot);
    const translating = behaviour.translation === 'nptv6';
    const inside = translating ? takeBlock(this.#local, outside.length) : outside;
    const translation = translating ? new PrefixTranslation(inside, outside) : undefined;
    const router = this.#router({ name, behaviour, slot, link }, translation);
    const upstream = translating ? undefined : { realm: outer, slot };
    const site = { router, depth: outer.depth + (translating ? 1 : 0), upstream, blocks: this.#poolOf(inside) };
    if (home) return { router, realm: this.#lan(site) };
    const pool = new AddressPool(takeBlock(site.blocks, LAN_LENGTH));
    return { router, realm: new CableRealm(this.#world, site, pool, symmetricLink({ latencyUs: this.#latencyUs })) };
  }

  #router(
    { name, behaviour, slot, link }: Pick<Installation, 'name' | 'behaviour' | 'slot' | 'link'>,
    translation: PrefixTranslation | undefined,
  ): EdgeRouter {
    if (behaviour.translation === 'nat64') {
      const { internet, join } = this.#ipv4();
      return new Nat64Router(this.#world, name, behaviour, { ipv6: slot, ipv4: join(internet, behaviour, link) });
    }
    const rewriter = translation && new PrefixRewriter(translation, this.#world.addresses);
    const router = new EdgeRouter(this.#world, name, behaviour, rewriter);
    router.attachOutside(slot);
    return router;
  }

  secondLan({ router, depth, upstream, blocks }: Realm): Realm {
    return this.#lan({ router, depth, upstream, blocks });
  }

  #lan(site: ConstructorParameters<typeof LanRealm>[1]): Realm {
    return new LanRealm(this.#world, site, takeBlock(site.blocks!, LAN_LENGTH), this.#latencyUs);
  }

  /** Prefix delegation: a part of what the next router has goes to the one in the slot. */
  #delegate({ router, blocks }: Realm, slot: Slot): Prefix {
    const length = DELEGATED[this.#lengths.get(blocks!)!];
    if (length === undefined) throw new RangeError('a chain has at most four routers');
    const block = takeBlock(blocks!, length);
    const [next] = slot.addresses[0].split('/');
    router.network.addRoute(formatPrefix(block), slot.on, next);
    return block;
  }

  #poolOf(block: Prefix): AddressPool {
    const pool = new AddressPool(block);
    this.#lengths.set(pool, block.length);
    return pool;
  }
}

function takeBlock(pool: AddressPool, length: number): Prefix {
  return pool.takeBlock(2 ** (128 - length));
}
