import { describe, expect, test } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../core/nat/behaviour.ts';
import type { SimHost } from './host/sim-host.ts';
import { symmetricLink } from './link/link-model.ts';
import { type Side, Topology } from './topology.ts';
import { World } from './world/world.ts';

const link = symmetricLink({ latencyUs: 10_000 });

interface Scene {
  readonly world: World;
  readonly net: Topology;
  side(name: string, nats: NatDescription[], more?: { behind?: Side; lan?: string }): Side;
}

function scene(): Scene {
  const world = new World({ seed: 'topology' });
  const net = new Topology(world);
  const side: Scene['side'] = (name, nats, more) => net.side(name, { nats: nats.map(resolveBehaviour), link, ...more });
  return { world, net, side };
}

function addressOf(host: SimHost): string {
  return host.interfaces()[1]!.addresses[0]!.address;
}

const outsideOf = (side: Side): string[] => side.nats.map((nat) => nat.outside.addresses[0]!.address);

/** Where an echo server on `server` sees each host, and how long the way there and back takes in microseconds. */
async function seen(world: World, server: SimHost, hosts: SimHost[]): Promise<[string, number][]> {
  const result = await world.run(async () => {
    const echo = await server.udp.bind({ port: 7 });
    echo.onMessage = (_data, from) => echo.send(Buffer.from(from.address), from);
    const ask = async (host: SimHost): Promise<[string, number]> => {
      const socket = await host.udp.bind();
      const start = world.now;
      return new Promise((resolve) => {
        socket.onMessage = (data) => resolve([String(data), world.now - start]);
        socket.send(Buffer.alloc(1), { address: addressOf(server), port: 7 });
      });
    };
    return Promise.all(hosts.map(ask));
  });
  if (result.outcome !== 'done') throw new Error(JSON.stringify(result));
  return result.value;
}

describe('Topology', () => {
  test('takes addresses from the blocks for documentation and for private use', async () => {
    const { world, net, side } = scene();
    const stun = net.server('stun', { link, addresses: 2 });
    const turn = net.server('turn', { link });
    const open = side('open', []);
    const home = side('home', [{}]);
    const carrier = side('carrier', [{}, {}, {}]);
    const pool = side('pool', [{ addresses: 3 }]);
    expect(stun.interfaces()[1]!.addresses.map(({ address }) => address)).toEqual(['192.0.2.2', '192.0.2.3']);
    expect(addressOf(turn)).toBe('192.0.2.4');
    expect([open.host, home.host, carrier.host, pool.host].map(addressOf)).toEqual([
      '203.0.113.1',
      '10.0.1.2',
      '10.0.2.2',
      '10.0.3.2',
    ]);
    expect([open, home, carrier, pool].map(outsideOf)).toEqual([
      [],
      ['203.0.113.2'],
      ['100.80.0.2', '100.64.0.2', '203.0.113.3'],
      ['203.0.113.4'],
    ]);
    expect(pool.nats[0]!.outside.addresses).toHaveLength(3);
    const hosts = [open, home, carrier, pool].map(({ host }) => host);
    const answers = await seen(world, stun, hosts);
    expect(answers[0]).toEqual(['203.0.113.1', 40_000]);
    expect(answers[1]).toEqual(['203.0.113.2', 40_000 + 400]);
    expect(answers[2]).toEqual(['203.0.113.3', 40_000 + 1200]);
    expect(['203.0.113.4', '203.0.113.5', '203.0.113.6']).toContain(answers[3]![0]);
  });

  test('each direction of the access link is its own', async () => {
    const { world, net } = scene();
    const server = net.server('s', { link: symmetricLink({ latencyUs: 0 }) });
    const link = { up: { latencyUs: 30_000 }, down: { latencyUs: 1000 } };
    const a = net.side('a', { nats: [], link });
    let heardAt = 0;
    const result = await world.run(async () => {
      const socket = await server.udp.bind({ port: 7 });
      const client = await a.host.udp.bind();
      return new Promise<number>((resolve) => {
        socket.onMessage = (_data, from) => {
          heardAt = world.now;
          socket.send(Buffer.alloc(1), from);
        };
        client.onMessage = () => resolve(world.now);
        client.send(Buffer.alloc(1), { address: addressOf(server), port: 7 });
      });
    });
    expect([heardAt, result]).toEqual([30_000, { outcome: 'done', value: 31_000 }]);
  });

  test('sides can share the outermost NAT', async () => {
    const { world, net, side } = scene();
    const server = net.server('s', { link });
    const a = side('a', [{}, {}]);
    const b = side('b', [{}], { behind: a });
    const c = side('c', [], { behind: a });
    const d = side('d', [{}, {}], { behind: b });
    expect([b, c, d].map(({ nats }) => nats.at(-1))).toEqual([a, a, a].map(({ nats }) => nats.at(-1)));
    expect([a, b, c, d].map(outsideOf)).toEqual([
      ['100.64.0.2', '203.0.113.1'],
      ['100.64.0.3', '203.0.113.1'],
      ['203.0.113.1'],
      ['100.80.0.2', '100.64.0.5', '203.0.113.1'],
    ]);
    expect(addressOf(c.host)).toBe('100.64.0.4');
    const answers = await seen(
      world,
      server,
      [a, b, c, d].map(({ host }) => host),
    );
    expect(answers.map(([address]) => address)).toEqual(['203.0.113.1', '203.0.113.1', '203.0.113.1', '203.0.113.1']);
  });

  test('behind a carrier everybody has a cable of his own', async () => {
    const { world, net, side } = scene();
    const server = net.server('s', { link });
    const a = net.side('a', { nats: [resolveBehaviour({})], link, carrier: true });
    const b = side('b', [{}], { behind: a });
    expect([addressOf(a.host), ...outsideOf(b)]).toEqual(['100.64.0.2', '100.64.0.3', '203.0.113.1']);
    const answers = await seen(world, server, [a.host, b.host]);
    expect(answers.map(([address]) => address)).toEqual(['203.0.113.1', '203.0.113.1']);
  });

  test('behind a home router everybody is on its LAN', async () => {
    const { world, net, side } = scene();
    const server = net.server('s', { link });
    const a = side('a', [{}]);
    const friend = a.addHost('friend');
    const nested = side('nested', [{}], { behind: a });
    const open = side('open', []);
    const second = open.addHost('second');
    expect(addressOf(friend)).toBe('10.0.1.3');
    expect(outsideOf(nested)).toEqual(['10.0.1.4', '203.0.113.1']);
    expect(addressOf(second)).toBe('203.0.113.3');
    const answers = await seen(world, server, [friend, nested.host, second]);
    expect(answers.map(([address]) => address)).toEqual(['203.0.113.1', '203.0.113.1', '203.0.113.3']);
  });

  test('a neighbour is on the same LAN, or on one of its own behind the same NAT', async () => {
    const { world, net, side } = scene();
    const server = net.server('s', { link });
    const a = side('a', [{}, {}]);
    const same = net.neighbour('same', a, 'same');
    const own = net.neighbour('own', a, 'own');
    const routed = side('routed', [{ translation: 'none' }]);
    const beside = net.neighbour('beside', routed, 'own');
    expect([a, same, own].map(({ host }) => addressOf(host))).toEqual(['10.0.1.2', '10.0.1.3', '10.0.2.2']);
    expect([same.nats, own.nats]).toEqual([a.nats, a.nats]);
    expect(own.addHost('friend').interfaces()[1]!.addresses[0]!.address).toBe('10.0.2.3');
    const hosts = [same, own, routed, beside].map(({ host }) => host);
    const answers = await seen(world, server, hosts);
    expect(answers.map(([address]) => address)).toEqual([
      outsideOf(a)[1],
      outsideOf(a)[1],
      addressOf(routed.host),
      addressOf(beside.host),
    ]);
    expect(() => net.neighbour('x', side('open', []), 'own')).toThrow('no NAT');
  });

  test.each([
    ['a home router', [{}]],
    ['a router that does not translate', [{ translation: 'none' }]],
  ] as const)('%s carries packets between its LANs untranslated, unless it isolates them', async (_, nats) => {
    for (const isolated of [false, true]) {
      const { world, net, side } = scene();
      const a = side('a', [...nats]);
      const b = net.neighbour('b', a, 'own');
      if (isolated) a.nats[0]!.isolateSegments();
      const heard: string[] = [];
      await world.run(async () => {
        const socket = await b.host.udp.bind({ port: 7 });
        socket.onMessage = (_data, from) => heard.push(from.address);
        const own = await a.host.udp.bind();
        own.send(Buffer.alloc(1), { address: addressOf(b.host), port: 7 });
        await new Promise((resolve) => setTimeout(resolve, 1000));
      });
      expect(heard).toEqual(isolated ? [] : [addressOf(a.host)]);
      expect([...world.trace.counters.drops]).toEqual(isolated ? [['router: isolated segment', 1]] : []);
    }
  });

  test('two homes may have the same addresses inside, and any prefix length', async () => {
    const { world, net, side } = scene();
    const server = net.server('s', { link });
    const a = side('a', [{}], { lan: '192.168.1.0/24' });
    const b = side('b', [{}], { lan: '192.168.1.0/24' });
    const c = side('c', [{}], { lan: '172.16.0.0/12' });
    const d = side('d', [{}], { lan: '192.168.0.4/30' });
    expect([a, b, c, d].map(({ host }) => addressOf(host))).toEqual([
      '192.168.1.2',
      '192.168.1.2',
      '172.16.0.2',
      '192.168.0.6',
    ]);
    expect(() => d.addHost('too many')).toThrow('no address is left of 192.168.0.4/30');
    const answers = await seen(
      world,
      server,
      [a, b, c, d].map(({ host }) => host),
    );
    expect(answers.map(([address]) => address)).toEqual(['203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4']);
  });

  test('routers that do not translate stand anywhere in a chain', async () => {
    const { world, net, side } = scene();
    const server = net.server('s', { link });
    const plain: NatDescription = { translation: 'none' };
    const a = side('a', [plain]);
    const b = side('b', [plain, {}]);
    const c = side('c', [{}, plain]);
    const d = side('d', [plain, plain]);
    const answers = await seen(
      world,
      server,
      [a, b, c, d].map(({ host }) => host),
    );
    expect([a, b, c, d].map(({ host }) => addressOf(host))).toEqual([
      '203.0.113.10',
      '10.0.1.2',
      '10.0.2.2',
      '203.0.113.50',
    ]);
    expect(answers.map(([address]) => address)).toEqual([
      addressOf(a.host),
      outsideOf(b)[1],
      outsideOf(c)[0],
      addressOf(d.host),
    ]);
  });

  test('a chain of more than five NATs is refused', () => {
    const { side } = scene();
    expect(() => side('a', [{}, {}, {}, {}, {}, {}])).toThrow('at most five');
    expect(outsideOf(side('b', [{}, {}, {}, {}, {}]))).toHaveLength(5);
  });

  test('addresses run out aloud', () => {
    const { net } = scene();
    expect(() => {
      for (let index = 0; index < 300; index++) net.server(`s${index}`, { link });
    }).toThrow('no address is left of 192.0.2.0/24');
  });

  test('400 sides and a LAN of 200 hosts fit', async () => {
    const { world, net, side } = scene();
    const server = net.server('s', { link });
    const sides = Array.from({ length: 400 }, (_, index) => side(`a${index}`, [{}]));
    const lan = Array.from({ length: 200 }, (_, index) => sides[0]!.addHost(`friend${index}`));
    const answers = await seen(world, server, [...sides.map(({ host }) => host), ...lan]);
    expect(new Set(answers.map(([address]) => address)).size).toBe(400);
  });

  test('a TCP stream crosses two NATs and a lossy link whole', async () => {
    const { world, net } = scene();
    const rough = symmetricLink({ latencyUs: 10_000, jitterUs: 5000, lossPpm: 20_000 });
    const server = net.server('s', { link });
    const a = net.side('a', { nats: [{}, {}].map(resolveBehaviour), link: rough });
    const sent = Buffer.alloc(300_000, 'all work and no play makes jack a dull boy ');
    const result = await world.run(async () => {
      await server.tcp.listen({ port: 80 }, (connection) => {
        connection.start({ data: () => {}, end: () => {}, closed: () => {}, drained: () => {} });
        connection.send(sent);
        connection.end();
      });
      const connection = await a.host.tcp.dial({ address: addressOf(server), port: 80 });
      const chunks: Uint8Array[] = [];
      await new Promise<void>((resolve) => {
        const data = (bytes: Uint8Array): void => void chunks.push(bytes);
        connection.start({ data, end: resolve, closed: () => {}, drained: () => {} });
      });
      return Buffer.concat(chunks).equals(sent);
    });
    expect(result).toEqual({ outcome: 'done', value: true });
    expect(world.trace.counters.drops.get('link: loss')).toBeGreaterThan(3);
    expect(world.trace.counters.mappingsOf(a.nats[1]!.device)).toBe(1);
  });
});
