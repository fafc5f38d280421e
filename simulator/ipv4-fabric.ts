import type { NatBehaviour } from '../core/nat/behaviour.ts';
import { type Prefix, parsePrefix } from '../core/net/prefix.ts';
import { AddressPool } from './address-pool.ts';
import type { Fabric, Installation } from './line.ts';
import { type Link, symmetricLink } from './link/link-model.ts';
import { CableRealm, delegate, LanRealm, nthBlock, type Realm, type Slot } from './realm.ts';
import { NatRouter } from './router/nat-router.ts';
import type { Router } from './router/router.ts';
import type { World } from './world/world.ts';

/** Documentation addresses (RFC 5737). */
const PUBLIC = ['203.0.113.0/24', '198.51.100.0/24'].map(parsePrefix);
const SERVERS = parsePrefix('192.0.2.0/24');
/** Public addresses of whoever is behind a router that does not translate. */
const PUBLIC_BLOCK = 8;
/** The shared address space of carriers (RFC 6598): a quarter for each level, so that a chain of them never overlaps. */
const CARRIERS = ['100.64.0.0/12', '100.80.0.0/12', '100.96.0.0/12', '100.112.0.0/12'].map(parsePrefix);
const PRIVATE = parsePrefix('10.0.0.0/8');
const LAN_SIZE = 256;

/**
 * IPv4: servers are in 192.0.2.0/24, other public addresses in 203.0.113.0/24 and 198.51.100.0/24, the insides of
 * carriers in 100.64.0.0/10, homes in 10.0.0.0/8.
 */
export class Ipv4Fabric implements Fabric {
  readonly internet: CableRealm;
  readonly #world: World;
  readonly #latencyUs: number;
  readonly #servers = new AddressPool(SERVERS);
  #lans = 0;

  /** @param latencyUs of every hop inside the outermost one, one way */
  constructor(world: World, core: Router, latencyUs: number) {
    this.#world = world;
    this.#latencyUs = latencyUs;
    const site = { router: core, depth: 0, upstream: undefined };
    const link = symmetricLink({ latencyUs });
    this.internet = new CableRealm(world, site, new AddressPool(...PUBLIC), link, this.#servers.take());
  }

  join(realm: Realm, behaviour: NatBehaviour, link: Link | undefined): Slot {
    return realm.join(behaviour.addresses, link);
  }

  serverSlot(addresses: number, link: Link): Slot {
    return this.internet.join(addresses, link, this.#servers);
  }

  install({ name, behaviour, outer, slot, home, lan }: Installation): { router: NatRouter; realm: Realm } {
    const router = new NatRouter(this.#world, name, behaviour, slot);
    const routed = behaviour.translation !== 'napt';
    const upstream = routed ? { realm: outer, slot } : undefined;
    const site = { router, depth: outer.depth + (routed ? 0 : 1), upstream };
    const block = routed ? this.#routedBlock(outer, slot) : undefined;
    if (home) {
      const prefix = block ?? (lan === undefined ? this.#nextLan() : parsePrefix(lan));
      return { router, realm: new LanRealm(this.#world, site, prefix, this.#latencyUs) };
    }
    const prefix = block ?? CARRIERS[outer.depth];
    if (prefix === undefined) throw new RangeError('a chain has at most five NATs');
    const link = symmetricLink({ latencyUs: this.#latencyUs });
    return { router, realm: new CableRealm(this.#world, site, new AddressPool(prefix), link) };
  }

  secondLan({ router, depth, upstream }: Realm): Realm {
    const prefix = upstream ? this.#routedBlock(upstream.realm, upstream.slot) : this.#nextLan();
    return new LanRealm(this.#world, { router, depth, upstream }, prefix, this.#latencyUs);
  }

  /** Addresses for what is behind a router that does not translate: public ones unless a NAT is in front of it. */
  #routedBlock(outer: Realm, slot: Slot): Prefix {
    const block = outer.depth === 0 ? this.internet.takeBlock(PUBLIC_BLOCK) : this.#nextLan();
    delegate(outer, slot, block);
    return block;
  }

  #nextLan(): Prefix {
    return nthBlock(PRIVATE, LAN_SIZE, ++this.#lans);
  }
}
