import { parsePrefix } from '../core/net/prefix.ts';
import { AddressPool } from './address-pool.ts';
import { SimHost, type SimHostOptions } from './host/sim-host.ts';
import type { Link } from './link/link-model.ts';
import { CableRealm, type Slot } from './realm.ts';
import { Router } from './router/router.ts';
import type { World } from './world/world.ts';

/** Documentation addresses (RFC 5737). */
const PUBLIC = ['203.0.113.0/24', '198.51.100.0/24'].map(parsePrefix);
const SERVERS = parsePrefix('192.0.2.0/24');
export interface ServerOptions extends SimHostOptions {
  readonly link: Link;
  /** How many addresses: a STUN server that follows RFC 5780 needs two. @default 1 */
  readonly addresses?: number;
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

  constructor(world: World) {
    this.#world = world;
    this.core = new Router(world, 'core');
    this.#internet = new CableRealm(world, this.core, 0, new AddressPool(...PUBLIC), this.#servers.take());
  }

  /** A host on the core. */
  server(name: string, options: ServerOptions): SimHost {
    return this.#plug(name, this.#internet.join(options.link, options.addresses, this.#servers), options);
  }

  #plug(name: string, slot: Slot, options: SimHostOptions): SimHost {
    const host = new SimHost(this.#world, name, options);
    const own = host.attach(slot.segment, slot);
    host.network.addRoute('0.0.0.0/0', own, slot.gateway);
    return host;
  }
}
