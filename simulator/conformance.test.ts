import { familyOf } from '../core/net/ip.ts';
import { clockSuite } from '../core/ports/clock.suite.ts';
import type { Lab } from '../core/ports/lab.suite.ts';
import { tcpSuite } from '../core/ports/tcp.suite.ts';
import { udpSuite } from '../core/ports/udp.suite.ts';
import { SimHost } from './host/sim-host.ts';
import { type Link, symmetricLink } from './link/link-model.ts';
import { Segment } from './link/segment.ts';
import { World } from './world/world.ts';

const NEAR = symmetricLink({ latencyUs: 50 });
const FAR: Link = { up: { latencyUs: 7000, jitterUs: 2000 }, down: { latencyUs: 3000 } };

interface Subnet {
  /** Text that a number makes an address of. */
  readonly start: string;
  readonly length: number;
}

const SUBNETS = { 4: { start: '192.0.2.', length: 24 }, 6: { start: '2001:db8::', length: 64 } } as const;

/** A segment where everybody is `link` away, and where number 9 takes everything and says nothing. */
class Lan {
  readonly #world: World;
  readonly #segment: Segment;
  readonly #subnet: Subnet;
  readonly #link: Link;

  constructor(world: World, subnet: Subnet, link: Link) {
    this.#world = world;
    this.#segment = new Segment(world);
    this.#subnet = subnet;
    this.#link = link;
    const device = world.device('silent');
    const silent = this.#segment.attach(device, { receive: (packet) => world.trace.dropped(device, packet, 'silent') });
    this.#segment.announce(world.addresses.id(this.address(9)), silent);
  }

  address(number: number): string {
    return `${this.#subnet.start}${number}`;
  }

  join(host: SimHost, number: number): void {
    const addresses = [`${this.address(number)}/${this.#subnet.length}`];
    host.attach(this.#segment, { addresses, link: this.#link });
  }

  lab(hosts: readonly [SimHost, SimHost], addresses: readonly [string, string]): Lab {
    let open: Record<string, number> = {};
    return {
      hosts,
      addresses,
      silent: async () => ({ address: this.address(9), port: 9 }),
      run: async (body) => {
        const result = await this.#world.run(async () => {
          const value = await body();
          open = this.#world.audit();
          return value;
        });
        if (result.outcome === 'done') return result.value;
        throw result.outcome === 'crashed' ? result.error : new Error(result.outcome);
      },
      close: async () => {
        const { udpSockets, tcpSockets } = open;
        if (udpSockets !== 0 || tcpSockets !== 0) throw new Error(`left open: ${udpSockets} UDP, ${tcpSockets} TCP`);
      },
    };
  }
}

function pair(subnet: Subnet, link: Link): () => Promise<Lab> {
  return async () => {
    const world = new World({ seed: 'conformance' });
    const lan = new Lan(world, subnet, link);
    const hosts = [new SimHost(world, 'a'), new SimHost(world, 'b')] as const;
    lan.join(hosts[0], 1);
    lan.join(hosts[1], 2);
    return lan.lab(hosts, [lan.address(1), lan.address(2)]);
  };
}

/** Both hosts are one and the same. */
function alone(address: string): () => Promise<Lab> {
  return async () => {
    const world = new World({ seed: 'conformance' });
    const lan = new Lan(world, SUBNETS[familyOf(address)], NEAR);
    const host = new SimHost(world, 'a');
    lan.join(host, 1);
    return lan.lab([host, host], [address, address]);
  };
}

const WORLDS = [
  ['simulated IPv4', pair(SUBNETS[4], FAR)],
  ['simulated IPv6', pair(SUBNETS[6], NEAR)],
  ['simulated loopback', alone('127.0.0.1')],
  ['simulated IPv6 loopback', alone('::1')],
] as const;

for (const [name, makeLab] of WORLDS) {
  udpSuite(name, makeLab);
  tcpSuite(name, makeLab);
  clockSuite(name, makeLab);
}
