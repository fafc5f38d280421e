import type { Family } from '../core/net/endpoint.ts';
import { formatPrefix } from '../core/net/prefix.ts';
import { WELL_KNOWN_PREFIX } from '../core/net/rfc6052.ts';
import { SimHost, type SimHostOptions } from './host/sim-host.ts';
import { Ipv4Fabric } from './ipv4-fabric.ts';
import { Ipv6Fabric } from './ipv6-fabric.ts';
import type { Fabric, Line, LineOptions } from './line.ts';
import type { Link } from './link/link-model.ts';
import type { Realm, Slot } from './realm.ts';
import type { EdgeRouter } from './router/edge-router.ts';
import { NatRouter } from './router/nat-router.ts';
import { Nat64Router } from './router/nat64-router.ts';
import { Router } from './router/router.ts';
import type { World } from './world/world.ts';

export interface ServerOptions extends SimHostOptions {
  readonly link: Link;
  /** How many addresses of each family: a STUN server that follows RFC 5780 needs two. @default 1 */
  readonly addresses?: number;
  /** @default [4] */
  readonly families?: readonly Family[];
}

interface Together extends SimHostOptions {
  /** Another side whose outermost routers stand in front of this one as well, family by family; `link` is theirs then. */
  readonly behind?: Side;
  /** The outermost NAT is a carrier's even if it is the only one: who is behind it has a cable of his own. @default false */
  readonly carrier?: boolean;
}

/** One IPv4 line, or several lines, best first. */
export type SideOptions = Together & (Omit<LineOptions, 'family'> | { readonly lines: readonly LineOptions[] });

/** A host and the routers in front of it. */
export interface Side {
  readonly host: SimHost;
  readonly lines: readonly Line[];
  /** Of every line, in order. */
  readonly routers: readonly EdgeRouter[];
  /** Those that know IPv4, host side first, a shared one included. */
  readonly nats: readonly NatRouter[];
  /** What is behind the outermost router of the first line; the core's own realm where there is none. */
  readonly realm: Realm;
  /** Where the host's first line is; the core's own realm where there is no router. */
  readonly home: Realm;
  /** One more host next to the first. */
  addHost(name: string, options?: SimHostOptions): SimHost;
  /** The same host comes here from wherever it was, as a phone does: other addresses, other routers. */
  welcome(host: SimHost): void;
}

/** Where a host has a line. */
interface Place {
  readonly line: Line;
  /** @default the realm's own */
  readonly link: Link | undefined;
}

const INTERFACE = 'eth0';
const DEFAULT_ROUTE = { 4: '0.0.0.0/0', 6: '::/0' } as const;

/**
 * The network of a trial: a core router that stands for the Internet, servers around it, and sides, each a host behind
 * chains of routers, one for each line. `Ipv4Fabric` and `Ipv6Fabric` say which addresses are where.
 */
export class Topology {
  readonly core: Router;
  readonly #world: World;
  readonly #innerLatencyUs: number;
  readonly #fabrics: Partial<Record<Family, Fabric>> = {};

  /** @param innerLatencyUs of every hop inside the outermost one, one way */
  constructor(world: World, innerLatencyUs = 200) {
    this.#world = world;
    this.#innerLatencyUs = innerLatencyUs;
    this.core = new Router(world, 'core');
  }

  /** A host on the core. */
  server(name: string, { link, addresses = 1, families = [4], ...options }: ServerOptions): SimHost {
    const host = new SimHost(this.#world, name, options);
    for (const family of families) {
      const place = { family, interface: INTERFACE, routers: [] };
      plug(host, place, this.#fabric(family).serverSlot(addresses, link));
    }
    return host;
  }

  /** @throws RangeError if a chain is longer than five NATs, four for IPv6, or no address is left */
  side(name: string, { behind, carrier = false, ...options }: SideOptions): Side {
    const written: readonly LineOptions[] = 'lines' in options ? options.lines : [options];
    const places = written.map((line) => {
      const shared = behind?.lines.find(({ family }) => family === (line.family ?? 4));
      if (behind && !shared) throw new RangeError(`${name} has a line of a family that it shares with nobody`);
      return this.#line(labelOf(name, line), line, shared, carrier);
    });
    return this.#settle(name, options, places);
  }

  /**
   * A host behind all the routers of another side: on its LAN, or on a LAN of its own behind the same innermost router.
   *
   * @throws RangeError for a LAN of its own if no NAT is there, or no address is left
   */
  neighbour(name: string, of: Side, lan: 'same' | 'own', options: SimHostOptions = {}): Side {
    const places = of.lines.map((line) => {
      if (lan === 'same') return { line, link: undefined };
      if (line.routers.length === 0) throw new RangeError('there is no NAT to be behind together');
      return { line: { ...line, home: this.#fabric(line.family).secondLan(line.home) }, link: undefined };
    });
    return this.#settle(name, options, places);
  }

  #line(name: string, options: LineOptions, behind: Line | undefined, carrier: boolean): Place {
    const { family = 4, nats, lan } = options;
    const fabric = this.#fabric(family);
    const shared = behind?.routers.at(-1);
    let realm: Realm = behind ? behind.realm : fabric.internet;
    let link = shared ? undefined : options.link;
    const realms = shared ? [realm] : [];
    const routers = shared ? [shared] : [];
    for (const [index, behaviour] of [...nats.entries()].reverse()) {
      const outer = realm;
      const slot = fabric.join(outer, behaviour, link);
      const home = index === 0 && !(carrier && index === nats.length - 1);
      const installed = fabric.install({ name: `${name}.nat${index + 1}`, behaviour, outer, slot, link, home, lan });
      realm = installed.realm;
      link = undefined; // the inner hops' own
      routers.unshift(installed.router);
      realms.push(realm);
    }
    const line = { family, interface: options.interface ?? INTERFACE, routers, realm: realms[0] ?? realm, home: realm };
    return { line, link };
  }

  #settle(name: string, options: SimHostOptions, places: readonly Place[]): Side {
    const join = (host: SimHost): void => {
      for (const { line, link } of places) plug(host, line, line.home.join(1, link));
    };
    const addHost = (host: string, own: SimHostOptions = {}): SimHost => {
      const added = new SimHost(this.#world, host, own);
      join(added);
      return added;
    };
    const welcome = (host: SimHost): void => {
      for (const on of [...host.network.interfaces]) host.network.detach(on);
      host.nat64 = undefined;
      join(host);
    };
    const lines = places.map(({ line }) => line);
    const routers = lines.flatMap((line) => line.routers);
    const nats = routers.filter(
      (router) => router instanceof NatRouter && !(router instanceof Nat64Router),
    ) as NatRouter[];
    const [first] = lines;
    if (first === undefined) throw new RangeError(`${name} has no line`);
    return {
      host: addHost(name, options),
      lines,
      routers,
      nats,
      realm: first.realm,
      home: first.home,
      addHost,
      welcome,
    };
  }

  #fabric(family: Family): Fabric {
    const parts = [this.#world, this.core, this.#innerLatencyUs] as const;
    this.#fabrics[family] ??= family === 4 ? new Ipv4Fabric(...parts) : new Ipv6Fabric(...parts, () => this.#fabric(4));
    return this.#fabrics[family];
  }
}

/** Routers of a host's only IPv4 line are named after the host, others after the line as well. */
function labelOf(host: string, line: LineOptions): string {
  return [host, line.interface, line.family === 6 ? 'ipv6' : undefined].filter((part) => part !== undefined).join('.');
}

function plug(host: SimHost, line: Pick<Line, 'family' | 'interface' | 'routers'>, slot: Slot): void {
  const { family, interface: name } = line;
  const own = host.attach(slot.segment, { ...slot, name });
  // RFC 8781: routers pass on what the one that translates advertises.
  if (line.routers.some((router) => router instanceof Nat64Router)) host.nat64 = formatPrefix(WELL_KNOWN_PREFIX);
  host.network.addRoute(DEFAULT_ROUTE[family], own, slot.gateway);
}
