import { describe, expect, test } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import type { Endpoint } from '../../core/net/endpoint.ts';
import { isNetError } from '../../core/net/error.ts';
import { embedIpv4, WELL_KNOWN_PREFIX } from '../../core/net/rfc6052.ts';
import type { EchoAnswer } from '../host/echo-stack.ts';
import type { SimHost } from '../host/sim-host.ts';
import { symmetricLink } from '../link/link-model.ts';
import { Topology } from '../topology.ts';
import { World } from '../world/world.ts';

const link = symmetricLink({ latencyUs: 5000 });
const PORT = 5000;

interface Scene {
  readonly world: World;
  readonly net: Topology;
  /** Behind the NAT64, IPv6 only. */
  readonly host: SimHost;
  readonly neighbour: SimHost;
  /** IPv4 only. */
  readonly server: SimHost;
  readonly other: SimHost;
}

/** Runs a body in a world where a NAT64 stands between a host and the core. */
async function play(
  nat64: NatDescription,
  body: (scene: Scene) => Promise<void>,
): Promise<ReadonlyMap<string, number>> {
  const world = new World({ seed: 'nat64' });
  const net = new Topology(world);
  const nats = [resolveBehaviour({ translation: 'nat64', ...nat64 })];
  const side = net.side('a', { lines: [{ family: 6, nats, link }] });
  const [server, other] = ['server', 'other'].map((name) => net.server(name, { link })) as [SimHost, SimHost];
  const scene = { world, net, host: side.host, neighbour: side.addHost('neighbour'), server, other };
  const result = await world.run(() => body(scene));
  if (result.outcome === 'crashed') throw result.error;
  expect(result.outcome).toBe('done');
  return world.trace.counters.drops;
}

const ipv4Of = (host: SimHost): string => host.interfaces()[1]!.addresses[0]!.address;
const inside = (address: string): string => embedIpv4(WELL_KNOWN_PREFIX, address);
const at = (host: SimHost, port = PORT): Endpoint => ({ address: inside(ipv4Of(host)), port });

/** What a bound socket gets next; undefined: nothing within a second. */
function next(host: SimHost, socket: { onMessage: unknown }): Promise<Endpoint | undefined> {
  return new Promise((resolve) => {
    socket.onMessage = (_data: Uint8Array, from: Endpoint) => resolve(from);
    host.clock.after(1000, () => resolve(undefined));
  });
}

const bind6 = (host: SimHost, port = PORT) => host.udp.bind({ family: 6, port });

/** Sends from the host to the server. @returns where the server sees it */
async function reach({ host, server }: Scene, socket: Awaited<ReturnType<typeof bind6>>, to = server) {
  const receiver = await to.udp.bind({ port: PORT });
  const got = next(host, receiver);
  socket.send(Buffer.alloc(1), at(to));
  const seen = await got;
  receiver.close();
  return seen;
}

/** Sends a datagram to the host's mapping. @returns what the host sees of it */
async function comesIn(scene: Scene, from: SimHost, port: number, to: Endpoint, socket: { onMessage: unknown }) {
  const sender = await from.udp.bind({ port });
  const got = next(scene.host, socket);
  sender.send(Buffer.alloc(1), to);
  const seen = await got;
  sender.close();
  return seen;
}

/** Undefined: nobody has answered within a second. */
async function ping(from: SimHost, to: string, identifier: number, ttl?: number): Promise<EchoAnswer | undefined> {
  const socket = from.echo.open(identifier);
  const answer = await new Promise<EchoAnswer | undefined>((resolve) => {
    socket.onAnswer = resolve;
    from.clock.after(1000, () => resolve(undefined));
    socket.send(to, 3, Uint8Array.of(1, 2, 3), ttl);
  });
  socket.close();
  return answer;
}

describe('RFC 6146 section 3.5.1, UDP', () => {
  test('a host of IPv6 is seen at the IPv4 address of the NAT64, and sees IPv4 hosts under the prefix', async () => {
    await play({}, async (scene) => {
      const socket = await bind6(scene.host);
      const seen = await reach(scene, socket);
      expect(seen).toEqual({ address: '203.0.113.1', port: PORT });
      expect(await comesIn(scene, scene.server, PORT, seen!, socket)).toEqual(at(scene.server));
    });
  });

  test.each([
    ['bindings do not depend on the destination', 'endpoint-independent', true],
    ['violated: they do', 'address-and-port-dependent', false],
  ] as const)('%s', async (_, mapping, same) => {
    await play({ mapping, ports: { allocation: 'sequential' } }, async (scene) => {
      const socket = await bind6(scene.host);
      const [one, two] = [await reach(scene, socket), await reach(scene, socket, scene.other)];
      expect(one!.port === two!.port).toBe(same);
    });
  });

  test.each([
    ['endpoint-independent filtering lets anybody in', 'endpoint-independent', true],
    ['address-dependent filtering lets in who was sent to', 'address-dependent', false],
  ] as const)('%s (section 3.5.1.2)', async (_, filtering, admitted) => {
    const drops = await play({ filtering }, async (scene) => {
      const socket = await bind6(scene.host);
      const seen = (await reach(scene, socket))!;
      expect(await comesIn(scene, scene.server, 7777, seen, socket)).toEqual(at(scene.server, 7777));
      expect(await comesIn(scene, scene.other, PORT, seen, socket)).toEqual(admitted ? at(scene.other) : undefined);
    });
    expect(drops.get('filter: address-dependent') ?? 0).toBe(admitted ? 0 : 1);
  });

  test.each([
    ['section 4, UDP_MIN: a session lives for two minutes at least', 120_000, true],
    ['violated: 30 seconds', 30_000, false],
  ] as const)('%s', async (_, timeoutMs, alive) => {
    await play({ udp: { timeoutMs } }, async (scene) => {
      const socket = await bind6(scene.host);
      const seen = (await reach(scene, socket))!;
      await new Promise<void>((resolve) => scene.host.clock.after(110_000, resolve));
      expect((await comesIn(scene, scene.server, PORT, seen, socket)) !== undefined).toBe(alive);
    });
  });
});

describe('RFC 6146 section 3.5.2, TCP', () => {
  test('a connection out', async () => {
    await play({}, async ({ host, server }) => {
      const accepted = new Promise<Endpoint>((resolve) => {
        void server.tcp.listen({ port: 80 }, ({ remote }) => resolve(remote));
      });
      const connection = await host.tcp.dial(at(server, 80), { localPort: PORT });
      expect(connection.remote).toEqual(at(server, 80));
      expect(await accepted).toEqual({ address: '203.0.113.1', port: PORT });
      connection.reset();
    });
  });

  test.each([
    ['section 4, TCP_INCOMING_SYN: a SYN from outside gets no answer for six seconds', 'icmp', 6],
    ['violated: it is reset at once', 'reset', 0],
  ] as const)('%s', async (_, unsolicited, atLeastS) => {
    await play({ tcp: { unsolicited, icmpDelayMs: 6000 } }, async (scene) => {
      await reach(scene, await bind6(scene.host));
      const start = scene.world.now;
      const refused = await scene.server.tcp.dial({ address: '203.0.113.1', port: 81 }).catch((error) => error);
      expect(isNetError(refused)).toBe(true);
      const tookS = (scene.world.now - start) / 1e6;
      expect(tookS).toBeGreaterThanOrEqual(atLeastS);
      expect(tookS).toBeLessThan(atLeastS + 1);
    });
  });
});

describe('RFC 6146 sections 3.4 and 3.5.3, ICMP', () => {
  test('an IPv6 host hears that nobody listens on an IPv4 port', async () => {
    await play({}, async ({ host, server }) => {
      const socket = await host.udp.bind({ remote: at(server) });
      const refused = new Promise((resolve) => {
        socket.onError = (error) => resolve(error.code);
      });
      socket.send(Buffer.alloc(1), at(server));
      expect(await refused).toBe('ECONNREFUSED');
    });
  });

  test('an IPv4 host hears that the IPv6 host listens no more', async () => {
    await play({ filtering: 'endpoint-independent' }, async (scene) => {
      const socket = await bind6(scene.host);
      const seen = (await reach(scene, socket))!;
      socket.close();
      const client = await scene.server.udp.bind({ remote: seen });
      const refused = new Promise((resolve) => {
        client.onError = (error) => resolve(error.code);
      });
      client.send(Buffer.alloc(1), seen);
      expect(await refused).toBe('ECONNREFUSED');
    });
  });

  test('an IPv4 host answers the pings of IPv6 hosts, with one identifier or two', async () => {
    await play({}, async ({ host, neighbour, server, world }) => {
      const pings = [host, neighbour].map((from) => ping(from, at(server).address, 7));
      const answer = { from: at(server).address, sequence: 3, error: undefined };
      expect(await Promise.all(pings)).toEqual([answer, answer]);
      expect([...world.trace.counters.drops]).toEqual([]);
    });
  });

  test('violated: no ICMP passes', async () => {
    const drops = await play({ blocks: ['icmp'] }, async ({ host, server }) => {
      expect(await ping(host, at(server).address, 7)).toBeUndefined();
    });
    expect([...drops]).toEqual([['policy: icmp blocked', 1]]);
  });

  test('an IPv4 router says where a ping has died, under the prefix', async () => {
    await play({}, async ({ host, server }) => {
      const answer = await ping(host, at(server).address, 7, 2);
      expect(answer).toMatchObject({ sequence: 3, error: 'time-exceeded' });
      expect(answer?.from).toMatch(/^64:ff9b::/);
    });
  });

  test('a hop limit that ends there leaves no binding behind', async () => {
    const drops = await play({}, async ({ host, server, world }) => {
      const socket = await bind6(host);
      socket.send(Buffer.alloc(1), at(server), 1);
      await new Promise<void>((resolve) => host.clock.after(100, resolve));
      expect([...world.trace.counters.drops.keys()]).toEqual(['router: ttl exceeded']);
    });
    expect(drops.get('router: ttl exceeded')).toBe(1);
  });
});

describe('RFC 6146 section 3.4, fragments', () => {
  test('a datagram that comes in pieces is put together before it is looked at', async () => {
    const narrow = { latencyUs: 5000, mtu: { bytes: 1500, oversize: 'fragment' as const } };
    const world = new World({ seed: 'fragments' });
    const net = new Topology(world);
    const nats = [resolveBehaviour({ translation: 'nat64' })];
    const { host } = net.side('a', { lines: [{ family: 6, nats, link }] });
    const server = net.server('server', { link: { up: narrow, down: narrow } });
    const result = await world.run(async () => {
      const echo = await server.udp.bind({ port: PORT });
      echo.onMessage = (_data, from) => echo.send(Buffer.alloc(3000), from);
      const socket = await bind6(host);
      return new Promise<number>((resolve) => {
        socket.onMessage = (data) => resolve(data.length);
        host.clock.after(1000, () => resolve(0));
        socket.send(Buffer.alloc(1), at(server));
      });
    });
    expect(result).toMatchObject({ outcome: 'done', value: 3000 });
  });
});

describe('RFC 6146 section 3.8, hairpinning', () => {
  test.each([
    ['two hosts behind it meet at their IPv4 endpoints', 'external-source', true],
    ['violated: they do not', 'none', false],
  ] as const)('%s', async (_, hairpin, meet) => {
    const drops = await play({ hairpin, filtering: 'endpoint-independent' }, async (scene) => {
      const socket = await bind6(scene.host);
      const { address, port } = (await reach(scene, socket))!;
      const other = await bind6(scene.neighbour, 6000);
      const got = next(scene.host, socket);
      other.send(Buffer.alloc(1), { address: inside(address), port });
      expect(await got).toEqual(meet ? { address: inside(address), port: 6000 } : undefined);
    });
    expect(drops.get('nat: hairpin off') ?? 0).toBe(meet ? 0 : 1);
  });
});

describe('what is not translated', () => {
  test('RFC 6052 section 3.1: addresses that are not global', async () => {
    const drops = await play({}, async ({ host }) => {
      const socket = await bind6(host);
      socket.send(Buffer.alloc(1), { address: inside('192.168.1.1'), port: PORT });
      await new Promise<void>((resolve) => host.clock.after(100, resolve));
    });
    expect([...drops]).toEqual([['nat64: not a global address', 1]]);
  });

  test('IPv6 itself, which is routed both ways', async () => {
    await play({}, async ({ host, net }) => {
      const { host: peer } = net.side('b', {
        lines: [{ family: 6, nats: [resolveBehaviour({ translation: 'none' })], link }],
      });
      const socket = await bind6(host);
      const got = next(host, socket);
      const sender = await bind6(peer);
      sender.send(Buffer.alloc(1), { address: ipv4Of(host), port: PORT });
      expect(await got).toEqual({ address: ipv4Of(peer), port: PORT });
    });
  });
});
