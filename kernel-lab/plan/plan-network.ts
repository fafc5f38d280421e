import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import { carrierSubnet, homeSubnet, lineSubnet, MAX_CHAIN, publicBlock, type Subnet } from './addresses.ts';
import type { KernelTopology } from './topology.ts';

/** A network as `ip` is to build it. Pure data: the same topology gives the same plan. */
export interface NetworkPlan {
  /** Plans with one key are one network, whatever the behaviour of its NATs. */
  readonly key: string;
  readonly routers: readonly RouterPlan[];
  /** Can a packet go from one host to the other without the core? */
  readonly shared: boolean;
  /** Does it pass a NAT on the way that only one of them is behind? */
  readonly translatedInside: boolean;
  /** Lines to the core; each ends at the interface `wan` of a router. */
  readonly lines: readonly LinePlan[];
  /** Other cables. */
  readonly cables: readonly Cable[];
  /** Addresses and routes, by namespace. */
  readonly settings: ReadonlyMap<string, readonly string[]>;
}

export interface RouterPlan {
  readonly namespace: string;
  readonly behaviour: NatBehaviour;
  readonly external: readonly [string, ...string[]];
  /** Addresses behind it that are not another one's. */
  readonly insideHosts: number;
  /** Do all NATs behind it keep ports? */
  readonly portsKept: boolean;
  readonly isolated: boolean;
}

export interface LinePlan {
  readonly router: string;
  /** Of the core's end. */
  readonly gateway: string;
  readonly external: readonly string[];
}

export interface Cable {
  readonly upper: CableEnd;
  readonly lower: CableEnd;
}

export interface CableEnd {
  readonly namespace: string;
  readonly device: string;
  /** A bridge that the device is a port of. */
  readonly bridge?: string;
}

export const CORE = 'core';
export const HOSTS = { a: 'host-a', b: 'host-b' } as const;

/** @throws RangeError if a chain is longer than five NATs */
export function planNetwork(topology: KernelTopology): NetworkPlan {
  const planner = new Planner(topology.isolated);
  const { a, b } = topology;
  if (Math.max(a.length, b.length) > MAX_CHAIN) throw new RangeError(`a chain of more than ${MAX_CHAIN} NATs`);
  switch (topology.name) {
    case 'separate':
      planner.host(HOSTS.a, planner.chain('a', a, planner.line()));
      planner.host(HOSTS.b, planner.chain('b', b, planner.line()));
      break;
    case 'same-lan': {
      const home = planner.chain('a', a, planner.line());
      planner.host(HOSTS.a, home, { shared: true });
      planner.host(HOSTS.b, home, { shared: true });
      break;
    }
    case 'same-nat': {
      const home = planner.chain('a', a, planner.line());
      planner.host(HOSTS.a, home);
      planner.host(HOSTS.b, home);
      break;
    }
    case 'shared-cgn': {
      const carrier = planner.chain('s', a.slice(-1), planner.line());
      planner.host(HOSTS.a, planner.chain('a', a.slice(0, -1), carrier));
      planner.host(HOSTS.b, planner.chain('b', b.slice(0, -1), carrier));
    }
  }
  return planner.plan(topology);
}

/** What a device plugs into: the core, by a line, or a router's inside. */
interface Place {
  readonly router: PlannedRouter | undefined;
  readonly line: number;
  /** Translating routers between here and the core. */
  readonly depth: number;
}

interface PlannedRouter {
  readonly namespace: string;
  readonly behaviour: NatBehaviour;
  readonly external: [string, ...string[]];
  readonly outside: Place;
  inside: number;
  insideHosts: number;
  portsKept: boolean;
  shared: Subnet | undefined;
}

class Planner {
  readonly #isolated: boolean;
  readonly #routers: PlannedRouter[] = [];
  readonly #lines: LinePlan[] = [];
  readonly #cables: Cable[] = [];
  readonly #settings = new Map<string, string[]>();
  #homes = 0;
  #carriers = 0;
  #blocks = 0;

  constructor(isolated: boolean) {
    this.#isolated = isolated;
  }

  line(): Place {
    return { router: undefined, line: this.#lines.length, depth: 0 };
  }

  /** Puts routers behind a place, the last one nearest to it. @returns the inside of the first one */
  chain(side: string, nats: readonly NatBehaviour[], place: Place): Place {
    return nats.reduceRight((outer, behaviour, index) => this.#router(`${side}${index + 1}`, behaviour, outer), place);
  }

  /** @param shared on one segment with the others that share it */
  host(namespace: string, place: Place, { shared = false } = {}): void {
    const router = place.router!;
    const subnet = (shared && router.shared) || this.#insideOf(router, true);
    if (shared) router.shared = subnet;
    const index = shared ? router.insideHosts : 0;
    this.#cable(router, { namespace, device: 'eth0' }, subnet, shared);
    this.#set(namespace, `addr add ${subnet.host(index)}/${subnet.prefixLength} dev eth0`, 'link set eth0 up');
    this.#set(namespace, `route add default via ${subnet.gateway}`);
    this.#count(router);
  }

  plan(topology: KernelTopology): NetworkPlan {
    const shape = (nats: readonly NatBehaviour[]) => nats.map((nat) => `${nat.translation}*${nat.addresses}`).join('+');
    return {
      key: `${topology.name} ${shape(topology.a)} ${topology.name === 'separate' || topology.name === 'shared-cgn' ? shape(topology.b) : ''}`,
      routers: this.#routers.map(({ namespace, behaviour, external, insideHosts, portsKept }) => {
        return { namespace, behaviour, external, insideHosts, portsKept, isolated: this.#isolated && insideHosts > 1 };
      }),
      shared: topology.name !== 'separate',
      translatedInside:
        topology.name === 'shared-cgn' &&
        [...topology.a.slice(0, -1), ...topology.b.slice(0, -1)].some(({ translation }) => translation === 'napt'),
      lines: this.#lines,
      cables: this.#cables,
      settings: this.#settings,
    };
  }

  #router(namespace: string, behaviour: NatBehaviour, outside: Place): Place {
    const { router: outer } = outside;
    const subnet = outer ? this.#insideOf(outer, false) : lineSubnet(outside.line);
    const external = Array.from({ length: behaviour.addresses }, (_, index) => subnet.host(index));
    const planned: PlannedRouter = {
      namespace,
      behaviour,
      external: external as [string, ...string[]],
      outside,
      inside: 0,
      insideHosts: 0,
      portsKept: true,
      shared: undefined,
    };
    if (outer) this.#cable(outer, { namespace, device: 'wan' }, subnet, false);
    else this.#lines.push({ router: namespace, gateway: subnet.gateway, external });
    for (const address of external) this.#set(namespace, `addr add ${address}/${subnet.prefixLength} dev wan`);
    this.#set(namespace, 'link set wan up', `route add default via ${subnet.gateway}`);
    this.#routers.push(planned);
    if (outer && behaviour.translation === 'napt') this.#count(outer);
    if (outer) outer.portsKept &&= behaviour.translation === 'none' || behaviour.ports.allocation === 'preserving';
    return { router: planned, line: outside.line, depth: outside.depth + (behaviour.translation === 'napt' ? 1 : 0) };
  }

  /** A new segment behind a router. Behind one that does not translate, its addresses have to be known outside. */
  #insideOf(router: PlannedRouter, home: boolean): Subnet {
    const { behaviour, outside } = router;
    if (behaviour.translation === 'none') {
      const subnet = outside.depth === 0 ? publicBlock(outside.line, this.#blocks++) : homeSubnet(++this.#homes);
      this.#route(router, subnet);
      return subnet;
    }
    return home ? homeSubnet(++this.#homes) : carrierSubnet(outside.depth, this.#carriers++);
  }

  /** Tells every router outwards, up to one that translates, or the core. */
  #route({ external: [via], outside }: PlannedRouter, subnet: Subnet): void {
    const next = outside.router;
    this.#set(next?.namespace ?? CORE, `route add ${subnet.prefix} via ${via}`);
    if (next?.behaviour.translation === 'none') this.#route(next, subnet);
  }

  #cable(router: PlannedRouter, lower: CableEnd, subnet: Subnet, shared: boolean): void {
    const { namespace } = router;
    const index = router.inside++;
    const upper = shared ? { namespace, device: `port${index}`, bridge: 'lan0' } : { namespace, device: `lan${index}` };
    this.#cables.push({ upper, lower });
    if (shared && index > 0) return;
    const device = upper.bridge ?? upper.device;
    this.#set(namespace, `addr add ${subnet.gateway}/${subnet.prefixLength} dev ${device}`, `link set ${device} up`);
  }

  /** One more address inside, up to the next router that translates. */
  #count(router: PlannedRouter): void {
    router.insideHosts++;
    const { router: outer } = router.outside;
    if (outer && router.behaviour.translation === 'none') this.#count(outer);
  }

  #set(namespace: string, ...lines: string[]): void {
    this.#settings.set(namespace, [...(this.#settings.get(namespace) ?? []), ...lines]);
  }
}
