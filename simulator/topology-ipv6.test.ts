import { describe, expect, test } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../core/nat/behaviour.ts';
import type { Endpoint } from '../core/net/endpoint.ts';
import { familyOf } from '../core/net/ip.ts';
import type { SimHost } from './host/sim-host.ts';
import type { LineOptions } from './line.ts';
import { symmetricLink } from './link/link-model.ts';
import { type Side, Topology } from './topology.ts';
import { World } from './world/world.ts';

const link = symmetricLink({ latencyUs: 10_000 });
const ROUTED: NatDescription = { translation: 'none' };
const FIREWALL: NatDescription = { translation: 'none', firewall: true };
const NPTV6: NatDescription = { translation: 'nptv6' };

function scene() {
  const world = new World({ seed: 'topology' });
  return { world, net: new Topology(world) };
}

function line(nats: readonly NatDescription[], more: Partial<LineOptions> = {}): LineOptions {
  return { family: 6, nats: nats.map(resolveBehaviour), link, ...more };
}

/** Its addresses on one interface. */
function addresses(host: SimHost, name = 'eth0'): string[] {
  const found = host.interfaces().find((entry) => entry.name === name);
  return found?.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`) ?? [];
}

const bare = (address: string): string => address.slice(0, address.indexOf('/'));
const addressOf = (host: SimHost): string => bare(addresses(host)[0]!);

/** Runs a test's body inside the world that its topology is in. */
function inWorld<A extends unknown[]>(body: (net: Topology, ...args: A) => Promise<void>) {
  return async (...args: A): Promise<void> => {
    const { world, net } = scene();
    const result = await world.run(() => body(net, ...args));
    if (result.outcome === 'crashed') throw result.error;
    expect(result.outcome).toBe('done');
  };
}

/** Where `to`, on a port that it has sent nothing from, is seen to get a datagram from; undefined: it gets none. */
async function arrives(from: SimHost, to: Endpoint, at: SimHost, source?: string): Promise<string | undefined> {
  const receiver = await at.udp.bind({ family: familyOf(to.address), port: to.port });
  const sender = await from.udp.bind({ family: familyOf(to.address), ...(source && { address: source }) });
  const seen = await new Promise<string | undefined>((resolve) => {
    receiver.onMessage = (_data, peer) => resolve(peer.address);
    at.clock.after(1000, () => resolve(undefined));
    sender.send(Buffer.alloc(1), to);
  });
  receiver.close();
  sender.close();
  return seen;
}

describe('IPv6 in a topology', () => {
  test('every site has a prefix of its own, every home a /64 of it, and everybody a global address', () => {
    const { net } = scene();
    const a = net.side('a', { lines: [line([ROUTED])] });
    const b = net.side('b', { lines: [line([FIREWALL, ROUTED])] });
    const open = net.side('open', { lines: [line([])] });
    const server = net.server('stun', { link, addresses: 2, families: [4, 6] });
    expect(addresses(a.host)).toEqual(['2001:db8:8001:1::2/64']);
    expect(addresses(b.host)).toEqual(['2001:db8:8002:101::2/64']);
    expect(addresses(open.host)).toEqual(['2001:db8:0:2::3/128']);
    expect(addresses(server)).toEqual(['192.0.2.2/32', '192.0.2.3/32', '2001:db8:0:1::2/128', '2001:db8:0:1::3/128']);
  });

  test.each<[string, NatDescription[], boolean]>([
    ['a plain router', [ROUTED], true],
    ['four of them', [ROUTED, ROUTED, ROUTED, ROUTED], true],
    ['a firewall', [FIREWALL], false],
    ['a plain router behind a firewall', [ROUTED, FIREWALL], false],
  ])(
    '%s',
    inWorld(async (net, _, routers, reachable) => {
      const { host } = net.side('a', { lines: [line(routers)] });
      const { host: stranger } = net.side('b', { lines: [line([ROUTED])] });
      const port = 5000;
      const in6 = await arrives(stranger, { address: addressOf(host), port }, host);
      expect(in6).toBe(reachable ? addressOf(stranger) : undefined);
      expect(await arrives(host, { address: addressOf(stranger), port }, stranger)).toBe(addressOf(host));
    }),
  );

  test.each<[string, NatDescription[]]>([
    ['a site', [NPTV6]],
    ['a home within a site', [NPTV6, ROUTED]],
    ['a site with homes', [ROUTED, NPTV6]],
    ['a site within a site', [NPTV6, NPTV6]],
  ])(
    'NPTv6 gives %s another prefix, both ways (RFC 6296)',
    inWorld(async (net, _, routers) => {
      const { host } = net.side('a', { lines: [line(routers)] });
      const server = net.server('server', { link, families: [6] });
      const port = 5000;
      const seen = await arrives(host, { address: addressOf(server), port }, server);
      expect(addressOf(host)).toMatch(/^fd00:/);
      expect(seen).toMatch(/^2001:db8:8001:/);
      expect(await arrives(server, { address: seen!, port }, host)).toBe(addressOf(server));
    }),
  );

  test(
    'one LAN, and two LANs behind one router',
    inWorld(async (net) => {
      const a = net.side('a', { lines: [line([FIREWALL])] });
      const same = net.neighbour('same', a, 'same');
      const own = net.neighbour('own', a, 'own');
      expect([a, same, own].map(({ host }) => addresses(host)[0])).toEqual([
        '2001:db8:8001:1::2/64',
        '2001:db8:8001:1::3/64',
        '2001:db8:8001:2::2/64',
      ]);
      const port = 5000;
      for (const other of [same, own]) {
        expect(await arrives(other.host, { address: addressOf(a.host), port }, a.host)).toBe(addressOf(other.host));
      }
    }),
  );

  test(
    'two sites behind one carrier',
    inWorld(async (net) => {
      const a = net.side('a', { lines: [line([ROUTED, ROUTED])] });
      const b = net.side('b', { lines: [line([ROUTED])], behind: a });
      expect(b.routers.at(-1)).toBe(a.routers.at(-1));
      const to = { address: addressOf(a.host), port: 5000 };
      expect(await arrives(b.host, to, a.host)).toBe(addressOf(b.host));
    }),
  );
});

describe('several lines', () => {
  const dual = (net: Topology): Side => net.side('a', { lines: [line([{}], { family: 4 }), line([ROUTED])] });

  test('two families are one interface with two addresses', () => {
    const { net } = scene();
    const a = dual(net);
    expect(addresses(a.host)).toEqual(['10.0.1.2/24', '2001:db8:8001:1::2/64']);
    expect(a.routers.map(({ device }) => device.name)).toEqual(['a.nat1', 'a.ipv6.nat1']);
    expect(a.nats.map(({ device }) => device.name)).toEqual(['a.nat1']);
  });

  test(
    'each family takes its own way',
    inWorld(async (net) => {
      const a = dual(net);
      const server = net.server('server', { link, families: [4, 6] });
      const [in4, in6] = addresses(server).map(bare);
      expect(await arrives(a.host, { address: in4!, port: 5000 }, server)).toBe('203.0.113.1');
      expect(await arrives(a.host, { address: in6!, port: 5000 }, server)).toBe('2001:db8:8001:1::2');
    }),
  );

  test(
    'wifi and cellular: what has an address goes by its interface, the rest by the first',
    inWorld(async (net) => {
      const lines = [
        line([{}], { family: 4, interface: 'wifi' }),
        line([{}, {}], { family: 4, interface: 'cellular' }),
      ];
      const { host, routers } = net.side('a', { lines });
      const server = net.server('server', { link });
      const to = { address: addressOf(server), port: 5000 };
      expect(routers.map(({ device }) => device.name)).toEqual(['a.wifi.nat1', 'a.cellular.nat1', 'a.cellular.nat2']);
      expect(await arrives(host, to, server)).toBe('203.0.113.1');
      for (const [name, seen] of [
        ['wifi', '203.0.113.1'],
        ['cellular', '203.0.113.2'],
      ] as const) {
        const [own] = addresses(host, name);
        expect(await arrives(host, to, server, bare(own!)), name).toBe(seen);
      }
    }),
  );

  test('who shares a carrier shares it family by family', () => {
    const { net } = scene();
    const a = net.side('a', { lines: [line([{}, {}], { family: 4 }), line([ROUTED, FIREWALL])] });
    const b = net.side('b', { lines: [line([ROUTED]), line([{}], { family: 4 })], behind: a });
    expect(b.lines.map(({ routers }) => routers.at(-1)?.device.name)).toEqual(['a.ipv6.nat2', 'a.nat2']);
    expect(() => net.side('c', { lines: [line([])], behind: net.side('d', { nats: [], link }) })).toThrow(RangeError);
  });
});
