import { clockSuite } from '../core/ports/clock.suite.ts';
import type { Lab } from '../core/ports/lab.suite.ts';
import { udpSuite } from '../core/ports/udp.suite.ts';
import { SimHost } from './host/sim-host.ts';
import { type Link, symmetricLink } from './link/link-model.ts';
import { Segment } from './link/segment.ts';
import { World } from './world/world.ts';

const FAR: Link = {
  up: { latencyUs: 7000, jitterUs: 2000 },
  down: { latencyUs: 3000 },
};
const NEAR = symmetricLink({ latencyUs: 50 });

/** Two hosts on one segment that know nobody else. */
function pair(prefix: string, link: Link): () => Promise<Lab> {
  return async () => {
    const world = new World({ seed: 'conformance' });
    const segment = new Segment(world);
    const attach = (name: string, address: string): SimHost => {
      const host = new SimHost(world, name);
      host.attach(segment, { addresses: [address], link });
      return host;
    };
    const [a, b] = [`${prefix}1`, `${prefix}2`];
    const length = prefix.includes(':') ? 64 : 24;
    const hosts = [attach('a', `${a}/${length}`), attach('b', `${b}/${length}`)] as const;
    return lab(world, hosts, [a, b]);
  };
}

/** Both hosts are one, over its loopback. */
function alone(address: string): () => Promise<Lab> {
  return async () => {
    const world = new World({ seed: 'conformance' });
    const host = new SimHost(world, 'a');
    return lab(world, [host, host], [address, address]);
  };
}

function lab(world: World, hosts: readonly [SimHost, SimHost], addresses: readonly [string, string]): Lab {
  let open: Record<string, number> = {};
  return {
    hosts,
    addresses,
    async silent() {
      return { address: addresses[1], port: 9 };
    },
    async run(body) {
      const result = await world.run(async () => {
        const value = await body();
        open = world.audit();
        return value;
      });
      if (result.outcome === 'done') return result.value;
      throw result.outcome === 'crashed' ? result.error : new Error(result.outcome);
    },
    async close() {
      if (open.udpSockets !== 0) throw new Error(`${open.udpSockets} UDP sockets were left open`);
    },
  };
}

const WORLDS = [
  ['simulated IPv4', pair('192.0.2.', FAR)],
  ['simulated IPv6', pair('2001:db8::', NEAR)],
  ['simulated loopback', alone('127.0.0.1')],
  ['simulated IPv6 loopback', alone('::1')],
] as const;

for (const [name, makeLab] of WORLDS) {
  udpSuite(name, makeLab);
  clockSuite(name, makeLab);
}
