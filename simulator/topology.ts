import { addressInPrefix, parsePrefix } from '../core/net/prefix.ts';
import { SimHost, type SimHostOptions } from './host/sim-host.ts';
import type { Link } from './link/link-model.ts';
import { Segment } from './link/segment.ts';
import { Router } from './router/router.ts';
import type { World } from './world/world.ts';

export class Topology {
  readonly core: Router;
  readonly #world: World;
  #servers = 0;

  constructor(world: World) {
    this.#world = world;
    this.core = new Router(world, 'core');
  }

  /** A host with public addresses, on the core. */
  server(name: string, link: Link, options: SimHostOptions & { addresses?: number } = {}): SimHost {
    const host = new SimHost(this.#world, name, options);
    const segment = new Segment(this.#world);
    const addresses = Array.from({ length: options.addresses ?? 1 }, () =>
      addressInPrefix(parsePrefix('192.0.2.0/24'), ++this.#servers + 1),
    );
    const there = this.core.attach(segment, { addresses: ['192.0.2.1/32'] });
    const here = host.attach(segment, { addresses: addresses.map((address) => `${address}/32`), link });
    for (const address of addresses) this.core.network.addRoute(`${address}/32`, there);
    host.network.addRoute('0.0.0.0/0', here, '192.0.2.1');
    return host;
  }
}
