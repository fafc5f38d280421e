import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Family } from '../../core/net/endpoint.ts';
import { type Announce, Ipv4Addresses } from './ipv4-addresses.ts';
import { Ipv6Addresses } from './ipv6-addresses.ts';
import {
  type Cable,
  type CableEnd,
  CORE,
  CROWD,
  type Crowd,
  type LinePlan,
  type NetworkPlan,
  type PolicyRule,
} from './network-plan.ts';
import type { Place, PlannedRouter } from './planned-router.ts';
import type { Subnet } from './subnet.ts';

/** Where a host is on one of its lines. */
interface HostPlace {
  readonly interface: string;
  readonly place: Place;
}

/** The first of the tables that routes of a host with several lines are in; its numbers mean nothing to the kernel. */
const FIRST_TABLE = 100;

/** Puts a network together, from the core on. */
export class Planner {
  readonly #isolated: boolean;
  readonly #routers: PlannedRouter[] = [];
  readonly #lines: LinePlan[] = [];
  readonly #cables: Cable[] = [];
  readonly #settings = new Map<string, string[]>();
  readonly #rules: PolicyRule[] = [];
  readonly #ipv4: Ipv4Addresses;
  #crowd: Crowd | undefined;
  readonly #addresses: Readonly<Record<Family, Ipv4Addresses | Ipv6Addresses>>;

  constructor(isolated: boolean) {
    this.#isolated = isolated;
    const announce: Announce = (router, prefix, via) =>
      this.#set(router?.namespace ?? CORE, `route add ${prefix} via ${via}`);
    this.#ipv4 = new Ipv4Addresses(announce);
    this.#addresses = { 4: this.#ipv4, 6: new Ipv6Addresses(announce) };
  }

  /** A new line. */
  line(family: Family): Place {
    return { family, router: undefined, line: this.#lines.length, depth: 0 };
  }

  /** Puts routers behind a place, the last one nearest to it. @returns the inside of the first one */
  chain(side: string, nats: readonly NatBehaviour[], place: Place): Place {
    return nats.reduceRight((outer, behaviour, index) => this.#router(`${side}${index + 1}`, behaviour, outer), place);
  }

  /**
   * @param places best first
   * @param shared on one segment with the others that share it
   */
  host(namespace: string, places: readonly HostPlace[], { shared = false } = {}): void {
    const several = new Set(places.map(({ place }) => place.family)).size < places.length;
    for (const [index, { interface: name, place }] of places.entries()) {
      const router = place.router!;
      const subnet = (shared && router.shared) || this.#segment(router, true);
      const bridged = places.filter((other) => other.interface === name).length > 1;
      const end = bridged ? { device: `port${index}`, bridge: name } : { device: name };
      this.#cable(router, { namespace, ...end }, subnet, shared);
      const own = subnet.host(shared ? router.insideHosts : 0);
      if (shared) router.shared = subnet;
      this.#set(namespace, `link set ${name} up`, addressLine(own, subnet, name));
      this.#set(namespace, `route add default via ${subnet.gateway} dev ${name} metric ${FIRST_TABLE + index}`);
      if (several) this.#bind(namespace, own, place.family, name, subnet, FIRST_TABLE + index);
      this.#count(router);
    }
  }

  /** @param place behind a carrier's NAT */
  crowd({ router }: Place, count: number): void {
    const subnet = this.#ipv4.crowd();
    const addresses = Array.from({ length: count }, (_, index) => subnet.host(index));
    this.#crowd = { namespace: CROWD, addresses };
    this.#cable(router!, { namespace: CROWD, device: 'eth0' }, subnet, false);
    this.#set(CROWD, 'link set lo up', 'link set eth0 up');
    this.#set(CROWD, ...addresses.map((address) => addressLine(address, subnet, 'eth0')));
    this.#set(CROWD, `route add default via ${subnet.gateway}`);
    router!.insideHosts += count;
    router!.portsKept = false; // Two of them may send from one port.
  }

  plan(rest: Pick<NetworkPlan, 'key' | 'shared' | 'translatedInside'>): NetworkPlan {
    return {
      ...rest,
      routers: this.#routers.map(({ insideHosts, outside, namespace, behaviour, external, prefixes, portsKept }) => {
        const isolated = this.#isolated && insideHosts > 1;
        const { family } = outside;
        return { namespace, family, behaviour, external, prefixes, insideHosts, portsKept, isolated };
      }),
      lines: this.#lines,
      cables: this.#cables,
      settings: this.#settings,
      crowd: this.#crowd,
      rules: this.#rules,
    };
  }

  #router(namespace: string, behaviour: NatBehaviour, outside: Place): Place {
    const { router: outer, family } = outside;
    const subnet = outer ? this.#segment(outer, false) : this.#addresses[family].line(outside.line);
    // Of a family that has enough addresses for every host, a router has one.
    const count = family === 4 ? behaviour.addresses : 1;
    const [first, ...rest] = Array.from({ length: count }, (_, index) => subnet.host(index));
    const planned: PlannedRouter = {
      namespace,
      behaviour,
      external: [first!, ...rest],
      outside,
      prefixes: undefined,
      inside: 0,
      insideHosts: 0,
      portsKept: true,
      shared: undefined,
    };
    const { external } = planned;
    const { gateway, prefixLength } = subnet;
    if (outer) this.#cable(outer, { namespace, device: 'wan' }, subnet, false);
    else this.#lines.push({ router: namespace, gateway, prefixLength, external });
    this.#set(namespace, 'link set wan up', ...external.map((address) => addressLine(address, subnet, 'wan')));
    this.#set(namespace, `route add default via ${gateway}`);
    this.#routers.push(planned);
    const translates = behaviour.translation === 'napt' || behaviour.translation === 'nptv6';
    if (outer && translates) this.#count(outer);
    if (outer) outer.portsKept &&= behaviour.translation !== 'napt' || behaviour.ports.allocation === 'preserving';
    this.#addresses[family].install(planned);
    return { family, router: planned, line: outside.line, depth: outside.depth + (translates ? 1 : 0) };
  }

  #segment(router: PlannedRouter, home: boolean): Subnet {
    return this.#addresses[router.outside.family].segment(router, home);
  }

  #cable(router: PlannedRouter, lower: CableEnd, subnet: Subnet, shared: boolean): void {
    const { namespace } = router;
    const index = router.inside++;
    const upper = shared ? { namespace, device: `port${index}`, bridge: 'lan0' } : { namespace, device: `lan${index}` };
    this.#cables.push({ upper, lower });
    if (shared && index > 0) return;
    const device = upper.bridge ?? upper.device;
    this.#set(namespace, `link set ${device} up`, addressLine(subnet.gateway, subnet, device));
  }

  /** What starts from an address goes by the line of that address, whatever other lines there are. */
  #bind(namespace: string, own: string, family: Family, name: string, subnet: Subnet, table: number): void {
    this.#set(
      namespace,
      `route add ${subnet.prefix} dev ${name} table ${table}`,
      `route add default via ${subnet.gateway} dev ${name} table ${table}`,
    );
    this.#rules.push({ namespace, family, rule: `from ${own} lookup ${table} priority ${table}` });
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

/** Nobody else has the address: there is no need to wait for those who might (RFC 4862 section 5.4). */
function addressLine(address: string, { prefixLength }: Subnet, device: string): string {
  return `addr add ${address}/${prefixLength} dev ${device}${address.includes(':') ? ' nodad' : ''}`;
}
