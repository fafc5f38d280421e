import type { PlannedRouter } from './planned-router.ts';
import type { Subnet } from './subnet.ts';

/** One for each access line: documentation addresses (RFC 5737), and those for benchmarks (RFC 2544) for more. */
const LINES = ['203.0.113', '198.51.100', '198.18.2', '198.18.3', '198.18.4', '198.18.5'] as const;
/** RFC 6598: a quarter for each level of carriers. */
const CARRIER_LEVELS = [64, 80, 96, 112] as const;
/** Routers between a host and the core. */
export const MAX_CHAIN = CARRIER_LEVELS.length + 1;
const FIRST_EXTERNAL = 10;
/** Of public addresses, for hosts behind a router that does not translate. */
const BLOCK = { first: 64, size: 8 };

/** Tells a router, or the core, where a prefix is. */
export type Announce = (router: PlannedRouter | undefined, prefix: string, via: string) => void;

/** Carriers' insides are in 100.64.0.0/10, homes in 10.0.0.0/8. */
export class Ipv4Addresses {
  readonly #announce: Announce;
  #homes = 0;
  #carriers = 0;
  #blocks = 0;

  constructor(announce: Announce) {
    this.#announce = announce;
  }

  line(index: number): Subnet {
    const base = LINES[index]!;
    return { ...subnet(base, 0, 24), host: (host) => `${base}.${FIRST_EXTERNAL + host}` };
  }

  /** Of IPv4, a router is given nothing for its inside. */
  install(): void {}

  /** For many hosts behind a carrier's outermost NAT. */
  crowd(): Subnet {
    const [base, gateway] = ['100.72', 1];
    return {
      gateway: `${base}.0.${gateway}`,
      prefixLength: 22,
      prefix: `${base}.0.0/22`,
      host: (index) => `${base}.${(index + 1 + gateway) >> 8}.${(index + 1 + gateway) & 255}`,
    };
  }

  segment(router: PlannedRouter, home: boolean): Subnet {
    const { behaviour, outside } = router;
    if (behaviour.translation !== 'none') {
      return home ? subnet(`10.0.${++this.#homes}`, 0, 24) : carrierSubnet(outside.depth, this.#carriers++);
    }
    const inside =
      outside.depth === 0
        ? subnet(LINES[outside.line]!, BLOCK.first + this.#blocks++ * BLOCK.size, 29)
        : subnet(`10.0.${++this.#homes}`, 0, 24);
    this.#route(router, inside.prefix);
    return inside;
  }

  /** Behind a router that does not translate, addresses have to be known up to one that does, or the core. */
  #route({ external: [via], outside }: PlannedRouter, prefix: string): void {
    const next = outside.router;
    this.#announce(next, prefix, via);
    if (next?.behaviour.translation === 'none') this.#route(next, prefix);
  }
}

function subnet(base: string, first: number, prefixLength: number): Subnet {
  return {
    gateway: `${base}.${first + 1}`,
    prefixLength,
    prefix: `${base}.${first}/${prefixLength}`,
    host: (index) => `${base}.${first + 2 + index}`,
  };
}

/** @param level 0 to 3, from the core on */
function carrierSubnet(level: number, index: number): Subnet {
  const base = `100.${CARRIER_LEVELS[level]!}.${index}`;
  return { ...subnet(base, 0, 24), host: (host) => `${base}.${FIRST_EXTERNAL + host}` };
}
