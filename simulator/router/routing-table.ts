import { formatPrefix, type Prefix, prefixContains } from '../../core/net/prefix.ts';
import type { Port } from '../link/segment.ts';
import type { AddressId } from '../packet.ts';
import type { AddressTable } from '../world/address-table.ts';

export interface Route {
  readonly prefix: Prefix;
  readonly port: Port;
  /** The next router; undefined where the destination is on the port's own segment. */
  readonly via: AddressId | undefined;
  /** The address of our own that packets along this route start from. */
  readonly source: AddressId;
}

/** Longest prefix match. What it finds is remembered for each destination. */
export class RoutingTable {
  readonly #addresses: AddressTable;
  readonly #routes: Route[] = [];
  /** By destination; null: there is no route. */
  #known: (Route | null | undefined)[] = [];

  constructor(addresses: AddressTable) {
    this.#addresses = addresses;
  }

  /** Of two routes to one prefix the older one counts. */
  add(route: Route): void {
    this.#routes.push(route);
    this.#routes.sort((a, b) => b.prefix.length - a.prefix.length); // stable
    this.#known = [];
  }

  /** Puts an address of our own, with the subnet that comes with it, in the place of another. */
  renumber(from: AddressId, subnet: Prefix, to: AddressId, newSubnet: Prefix): void {
    const old = formatPrefix(subnet);
    const ownSubnet = ({ prefix, via }: Route): boolean => via === undefined && formatPrefix(prefix) === old;
    for (const [index, route] of this.#routes.entries()) {
      if (route.source !== from) continue;
      this.#routes[index] = { ...route, source: to, prefix: ownSubnet(route) ? newSubnet : route.prefix };
    }
    this.#known = [];
  }

  /** Forgets all that leaves by this port. */
  removeBy(port: Port): void {
    const kept = this.#routes.filter((route) => route.port !== port);
    this.#routes.splice(0, this.#routes.length, ...kept);
    this.#known = [];
  }

  /** The next routers of the default routes. */
  defaultHops(): AddressId[] {
    return this.#routes.flatMap(({ prefix, via }) => (prefix.length === 0 && via !== undefined ? [via] : []));
  }

  find(destination: AddressId): Route | undefined {
    const known = this.#known[destination];
    return known === undefined ? this.#search(destination) : (known ?? undefined);
  }

  /** The best route by one interface, for a host that has several. */
  findBy(port: Port, destination: AddressId): Route | undefined {
    const text = this.#addresses.text(destination);
    return this.#routes.find((route) => route.port === port && prefixContains(route.prefix, text));
  }

  #search(destination: AddressId): Route | undefined {
    const text = this.#addresses.text(destination);
    const route = this.#routes.find(({ prefix }) => prefixContains(prefix, text));
    while (this.#known.length <= destination) this.#known.push(undefined);
    this.#known[destination] = route ?? null;
    return route;
  }
}
