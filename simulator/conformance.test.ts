import { describe, expect, test } from 'vitest';
import { resolveBehaviour } from '../core/nat/behaviour.ts';
import { familyOf } from '../core/net/ip.ts';
import { clockSuite } from '../core/ports/clock.suite.ts';
import { inLab, type Lab, type MakeLab } from '../core/ports/lab.suite.ts';
import { tcpSuite } from '../core/ports/tcp.suite.ts';
import { closeBoth, freePort, record } from '../core/ports/tcp-helpers.suite.ts';
import { udpSuite } from '../core/ports/udp.suite.ts';
import { SimHost } from './host/sim-host.ts';
import { type Link, symmetricLink } from './link/link-model.ts';
import { Segment } from './link/segment.ts';
import type { NatRouter } from './router/nat-router.ts';
import { Topology } from './topology.ts';
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
  readonly #segment: Segment;
  readonly #subnet: Subnet;
  readonly #link: Link;

  constructor(world: World, subnet: Subnet, link: Link) {
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
}

/** @param silent an address that hears everything and never answers */
function labOf(world: World, hosts: Lab['hosts'], addresses: Lab['addresses'], silent: string): Lab {
  let open: Record<string, number> = {};
  return {
    hosts,
    addresses,
    silent: async () => ({ address: silent, port: 9 }),
    run: async (body) => {
      const result = await world.run(async () => {
        const value = await body();
        open = world.audit();
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

function pair(subnet: Subnet, link: Link): MakeLab {
  return async () => {
    const world = new World({ seed: 'conformance' });
    const lan = new Lan(world, subnet, link);
    const hosts = [new SimHost(world, 'a'), new SimHost(world, 'b')] as const;
    lan.join(hosts[0], 1);
    lan.join(hosts[1], 2);
    return labOf(world, hosts, [lan.address(1), lan.address(2)], lan.address(9));
  };
}

/** Both hosts are one and the same. */
function alone(address: string): MakeLab {
  return async () => {
    const world = new World({ seed: 'conformance' });
    const lan = new Lan(world, SUBNETS[familyOf(address)], NEAR);
    const host = new SimHost(world, 'a');
    lan.join(host, 1);
    return labOf(world, [host, host], [address, address], lan.address(9));
  };
}

/** Two hosts on the core, and a third one whose NAT drops what nobody asked for. */
async function routed(): Promise<Lab> {
  const world = new World({ seed: 'conformance' });
  const topology = new Topology(world);
  const hosts = [topology.server('a', { link: FAR }), topology.server('b', { link: FAR })] as const;
  const { nats } = topology.side('c', { nats: [resolveBehaviour({})], link: FAR });
  return labOf(world, hosts, [addressOf(hosts[0]), addressOf(hosts[1])], addressOf(nats[0]!));
}

function addressOf({ network }: SimHost | NatRouter): string {
  return network.interfaces[0]!.addresses[0]!.address;
}

const WORLDS: readonly (readonly [string, MakeLab])[] = [
  ['simulated IPv4', pair(SUBNETS[4], FAR)],
  ['simulated IPv6', pair(SUBNETS[6], NEAR)],
  ['simulated loopback', alone('127.0.0.1')],
  ['simulated IPv6 loopback', alone('::1')],
  ['simulated, with a router between', routed],
];

for (const [name, makeLab] of WORLDS) {
  udpSuite(name, makeLab);
  tcpSuite(name, makeLab);
  clockSuite(name, makeLab);
}

// On a real machine the outcome of these depends on who is faster.
describe.each(WORLDS)('%s', (_, makeLab) => {
  test(
    'dials that cross make one connection: simultaneous open (RFC 9293 section 3.5, figure 7)',
    inLab(makeLab, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
      const here = { address: nearAddress, port: await freePort(near, nearAddress) };
      const there = { address: farAddress, port: await freePort(far, farAddress) };
      const [one, two] = await Promise.all([
        near.tcp.dial(there, { localAddress: here.address, localPort: here.port }),
        far.tcp.dial(here, { localAddress: there.address, localPort: there.port }),
      ]);
      expect([one.local, one.remote, two.local, two.remote]).toEqual([here, there, there, here]);
      const [atOne, atTwo] = [record(one), record(two)];
      one.send(Buffer.from('to two'));
      two.send(Buffer.from('to one'));
      await atOne.until(() => atOne.text === 'to one');
      await atTwo.until(() => atTwo.text === 'to two');
      await closeBoth([one, atOne], [two, atTwo]);
      expect([atOne.log, atTwo.log]).toEqual([
        ['data', 'end', 'closed'],
        ['data', 'end', 'closed'],
      ]);
    }),
  );
});

test(
  'a datagram whose hop limit is too low dies on the way, and its sender hears nothing of it',
  inLab(routed, async ({ hosts: [near, far], addresses: [nearAddress, farAddress] }) => {
    const one = await near.udp.bind({ address: nearAddress });
    const two = await far.udp.bind({ address: farAddress });
    const heard: string[] = [];
    const done = new Promise<void>((resolve) => {
      two.onMessage = (data) => {
        heard.push(String(data));
        if (heard.includes('last')) resolve();
      };
    });
    one.onError = (error) => heard.push(error.code);
    one.send(Buffer.from('too low'), two.local, 1);
    one.send(Buffer.from('enough'), two.local, 2);
    one.send(Buffer.from('last'), two.local);
    await done;
    expect(heard).toEqual(['enough', 'last']);
    one.close();
    two.close();
  }),
);
