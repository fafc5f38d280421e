import type { NatBehaviour } from '../core/nat/behaviour.ts';
import { type Prefix, parsePrefix } from '../core/net/prefix.ts';
import { AddressPool } from './address-pool.ts';
import { SimHost, type SimHostOptions } from './host/sim-host.ts';
import { type Link, symmetricLink } from './link/link-model.ts';
import { CableRealm, delegate, LanRealm, nthBlock, type Realm, type Site, type Slot } from './realm.ts';
import { NatRouter } from './router/nat-router.ts';
import { Router } from './router/router.ts';
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

export interface ServerOptions extends SimHostOptions {
  readonly link: Link;
  /** How many addresses: a STUN server that follows RFC 5780 needs two. @default 1 */
  readonly addresses?: number;
}

export interface SideOptions extends SimHostOptions {
  /** In front of the host, host side first. None: the host has a public address. */
  readonly nats: readonly NatBehaviour[];
  /** Between the outermost hop and the core. */
  readonly link: Link;
  /** Another side whose outermost NAT stands in front of this one as well; `link` is the other one's then. */
  readonly behind?: Side;
  /** The outermost NAT is a carrier's even if it is the only one: who is behind it has a cable of his own. @default false */
  readonly carrier?: boolean;
  /** The home network, e.g. `192.168.1.0/24`. @default a /24 of 10.0.0.0/8 that nobody else has */
  readonly lan?: string;
}

/** A host and the NATs in front of it. */
export interface Side {
  readonly host: SimHost;
  /** Host side first, a shared one included. */
  readonly nats: readonly NatRouter[];
  /** What is behind the outermost NAT; the core's own realm where there is none. */
  readonly realm: Realm;
  /** Where the host is; the core's own realm where there is no NAT. */
  readonly home: Realm;
  /** One more host next to the first. */
  addHost(name: string, options?: SimHostOptions): SimHost;
}

/**
 * The network of a trial: a core router that stands for the Internet, servers around it, and sides, each a host behind
 * a chain of NATs. Servers are in 192.0.2.0/24, other public addresses in 203.0.113.0/24 and 198.51.100.0/24, the
 * insides of carriers in 100.64.0.0/10, homes in 10.0.0.0/8.
 */
export class Topology {
  readonly core: Router;
  readonly #world: World;
  readonly #internet: CableRealm;
  readonly #servers = new AddressPool(SERVERS);
  readonly #innerLatencyUs: number;
  #lans = 0;

  /** @param innerLatencyUs of every hop inside the outermost one, one way */
  constructor(world: World, innerLatencyUs = 200) {
    this.#world = world;
    this.#innerLatencyUs = innerLatencyUs;
    this.core = new Router(world, 'core');
    const site = { router: this.core, depth: 0, upstream: undefined };
    this.#internet = this.#cables(site, new AddressPool(...PUBLIC), this.#servers.take());
  }

  /** A host on the core. */
  server(name: string, options: ServerOptions): SimHost {
    return this.#plug(name, this.#internet.join(options.addresses, options.link, this.#servers), options);
  }

  /** @throws RangeError if the chain is longer than five NATs, or no address is left */
  side(name: string, options: SideOptions): Side {
    const { behind } = options;
    const shared = behind?.nats.at(-1);
    let realm: Realm = behind ? behind.realm : this.#internet;
    let link = shared ? undefined : options.link;
    const realms = shared ? [realm] : [];
    const nats = shared ? [shared] : [];
    for (let index = options.nats.length - 1; index >= 0; index--) {
      const slot = realm.join(options.nats[index]!.addresses, link);
      const router = new NatRouter(this.#world, `${name}.nat${index + 1}`, options.nats[index]!, slot);
      const home = index === 0 && !(options.carrier && index === options.nats.length - 1);
      realm = this.#inside(router, realm, slot, home, options.lan);
      link = undefined; // the inner hops' own
      nats.unshift(router);
      realms.push(realm);
    }
    return this.#settle(name, options, nats, realms[0] ?? realm, realm, link);
  }

  /**
   * A host behind all the NATs of another side: on its LAN, or on a LAN of its own behind the same innermost NAT.
   *
   * @throws RangeError for a LAN of its own if no NAT is there, or no address is left
   */
  neighbour(name: string, of: Side, lan: 'same' | 'own', options: SimHostOptions = {}): Side {
    const home = lan === 'same' ? of.home : this.#secondLan(of);
    return this.#settle(name, options, of.nats, of.realm, home);
  }

  #settle(name: string, options: SimHostOptions, nats: Side['nats'], realm: Realm, home: Realm, link?: Link): Side {
    const addHost = (host: string, own: SimHostOptions = {}) => this.#plug(host, home.join(1, link), own);
    return { host: addHost(name, options), nats, realm, home, addHost };
  }

  #secondLan({ nats, home }: Side): Realm {
    const [router] = nats;
    if (router === undefined) throw new RangeError('there is no NAT to be behind together');
    const { depth, upstream } = home;
    const prefix = upstream ? this.#routedBlock(upstream.realm, upstream.slot) : this.#nextLan();
    return new LanRealm(this.#world, { router, depth, upstream }, prefix, this.#innerLatencyUs);
  }

  /** What is behind a new router: a home's LAN, or a carrier's customers. */
  #inside(router: NatRouter, outer: Realm, slot: Slot, home: boolean, lan: string | undefined): Realm {
    const routed = router.behaviour.translation === 'none';
    const upstream = routed ? { realm: outer, slot } : undefined;
    const site = { router, depth: outer.depth + (routed ? 0 : 1), upstream };
    const block = routed ? this.#routedBlock(outer, slot) : undefined;
    if (home) {
      const prefix = block ?? (lan === undefined ? this.#nextLan() : parsePrefix(lan));
      return new LanRealm(this.#world, site, prefix, this.#innerLatencyUs);
    }
    const prefix = block ?? CARRIERS[outer.depth];
    if (prefix === undefined) throw new RangeError('a chain has at most five NATs');
    return this.#cables(site, new AddressPool(prefix));
  }

  #cables(site: Site, pool: AddressPool, gateway?: string): CableRealm {
    return new CableRealm(this.#world, site, pool, symmetricLink({ latencyUs: this.#innerLatencyUs }), gateway);
  }

  /** Addresses for what is behind a router that does not translate: public ones unless a NAT is in front of it. */
  #routedBlock(outer: Realm, slot: Slot): Prefix {
    const block = outer.depth === 0 ? this.#internet.takeBlock(PUBLIC_BLOCK) : this.#nextLan();
    delegate(outer, slot, block);
    return block;
  }

  #nextLan(): Prefix {
    return nthBlock(PRIVATE, LAN_SIZE, ++this.#lans);
  }

  #plug(name: string, slot: Slot, options: SimHostOptions): SimHost {
    const host = new SimHost(this.#world, name, options);
    const own = host.attach(slot.segment, slot);
    host.network.addRoute('0.0.0.0/0', own, slot.gateway);
    return host;
  }
}
