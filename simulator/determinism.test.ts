import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../core/nat/behaviour.ts';
import type { TcpSink } from '../core/ports/index.ts';
import type { SimHost } from './host/sim-host.ts';
import { type Side, Topology } from './topology.ts';
import { TraceLog } from './trace/trace-log.ts';
import { World, type WorldOptions } from './world/world.ts';

const DEPENDENCES = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'] as const;
const ALLOCATIONS = ['preserving', 'sequential', 'random'] as const;
const HAIRPINS = ['none', 'external-source', 'internal-source'] as const;

/**
 * Hosts behind NATs drawn by the seed, over links drawn by the seed, that send each other datagrams and streams, some
 * of it timed and chosen by what third-party code would use.
 */
async function swarm(hosts: number, options: WorldOptions): Promise<{ hash: string; outcome: string; world: World }> {
  const world = new World(options);
  const net = new Topology(world);
  const draw = world.random.fork('swarm');
  const pick = <T>(choices: readonly T[]): T => choices[draw.below(choices.length)]!;
  const link = () => ({ latencyUs: draw.below(50_000), jitterUs: draw.below(10_000), lossPpm: draw.below(50_000) });
  const nat = (): NatDescription => ({
    mapping: pick(DEPENDENCES),
    filtering: pick(DEPENDENCES),
    hairpin: pick(HAIRPINS),
    ports: { allocation: pick(ALLOCATIONS) },
  });
  const server = net.server('server', { link: { up: link(), down: link() } });
  const sides: Side[] = [];
  for (let index = 0; index < hosts; index++) {
    const nats = Array.from({ length: draw.below(3) }, nat).map(resolveBehaviour);
    const behind = sides.length > 0 && draw.below(4) === 0 ? { behind: pick(sides) } : {};
    sides.push(net.side(`host${index}`, { nats, link: { up: link(), down: link() }, ...behind }));
  }
  const result = await world.run(async () => {
    const known = await meetingPoint(server);
    for (const { host } of sides) void wander(host, known);
    await wait(3000);
  });
  return { hash: world.trace.hash.digest(), outcome: result.outcome, world };
}

/** Answers datagrams, notes from where they came, and streams to whoever dials. */
async function meetingPoint(server: SimHost): Promise<{ address: string; port: number }[]> {
  const known: { address: string; port: number }[] = [];
  const socket = await server.udp.bind({ port: 3478 });
  socket.onMessage = (data, from) => {
    known.push(from);
    socket.send(data, from);
  };
  await server.tcp.listen({ port: 80 }, (connection) => {
    connection.start({ ...sink, data: (bytes) => void connection.send(bytes), end: () => connection.end() });
  });
  return known;
}

const sink: TcpSink = { data: () => {}, end: () => {}, closed: () => {}, drained: () => {} };

async function wander(host: SimHost, known: { address: string; port: number }[]): Promise<void> {
  const socket = await host.udp.bind();
  const server = { address: '192.0.2.2', port: 3478 };
  socket.send(Buffer.from(host.device.name), server);
  void host.tcp.dial({ address: '192.0.2.2', port: 80 }).then(
    (connection) => {
      connection.start({ ...sink, data: () => connection.end() });
      connection.send(host.random.bytes(5000));
    },
    () => {},
  );
  for (;;) {
    await wait(Math.random() * 100);
    const target = known[Math.floor(Math.random() * known.length)] ?? server;
    socket.send(Buffer.from(String(Date.now())), target, 1 + Math.floor(Math.random() * 8));
  }
}

describe('determinism', () => {
  test('a hundred hosts: the same seed gives the same bytes at the same times, another seed others', async () => {
    const [once, again, other] = [
      await swarm(100, { seed: 'one' }),
      await swarm(100, { seed: 'one' }),
      await swarm(100, { seed: 'two' }),
    ];
    expect([once.outcome, again.outcome, other.outcome]).toEqual(['done', 'done', 'done']);
    expect(once.world.trace.counters.delivered).toBeGreaterThan(3000);
    expect(once.world.trace.counters.drops.size).toBeGreaterThan(5);
    expect(again.hash).toBe(once.hash);
    expect(other.hash).not.toBe(once.hash);
  });

  test('neither an observer nor the way of settling nor other worlds change anything', async () => {
    const plain = await swarm(20, { seed: 'swarm' });
    const log = new TraceLog();
    const watched = await swarm(20, { seed: 'swarm', observers: [log] });
    const hopping = await swarm(20, { seed: 'swarm', settling: 'immediate' });
    const together = await Promise.all(['a', 'swarm', 'b'].map((seed) => swarm(20, { seed })));
    expect(log.entries.length).toBeGreaterThan(5000);
    expect([watched.hash, hopping.hash, together[1]!.hash]).toEqual([plain.hash, plain.hash, plain.hash]);
  });

  test('every packet that was sent has ended or is on its way, and nothing ended twice', async () => {
    const log = new TraceLog();
    const { world } = await swarm(40, { seed: 'ledger', observers: [log] });
    const lives = new Map<number, string>();
    for (const entry of log.entries) {
      if (entry.kind !== 'packet') continue;
      const { id } = entry.packet;
      const before = lives.get(id);
      const opens = entry.event === 'sent';
      expect(opens ? before : before !== undefined && before !== 'delivered' && before !== 'dropped').toBe(
        opens ? undefined : true,
      );
      lives.set(id, entry.event);
      if (entry.event === 'dropped') expect(entry.reason).toMatch(/^(link|host|router|nat|filter|tcp|icmp|policy): /);
    }
    const open = [...lives.values()].filter((last) => last !== 'delivered' && last !== 'dropped').length;
    expect(lives.size).toBeGreaterThan(3000);
    expect(open).toBeLessThan(lives.size / 10);
    expect(world.audit().events).toBe(0);
  });

  test('our own code uses no patched global', async () => {
    const world = new World({ seed: 'x' });
    const net = new Topology(world);
    const link = { up: { latencyUs: 10, jitterUs: 5, lossPpm: 5 }, down: { latencyUs: 10 } };
    const server = net.server('s', { link });
    const a = net.side('a', { nats: [resolveBehaviour({}), resolveBehaviour({})], link });
    const result = await world.run(async () => {
      const known = await meetingPoint(server);
      const socket = await a.host.udp.bind();
      socket.send(Buffer.alloc(10), { address: '192.0.2.2', port: 3478 });
      const connection = await a.host.tcp.dial({ address: '192.0.2.2', port: 80 });
      await new Promise<void>((resolve) => {
        connection.start({ ...sink, data: () => connection.end(), closed: () => resolve() });
        connection.send(Buffer.alloc(100));
      });
      a.host.signer.keyPair(a.host.random.bytes(48));
      return known.length;
    });
    expect(result).toEqual({ outcome: 'done', value: 1 });
    expect([...world.globalsUsed]).toEqual([]);
  });

  test('the numbers are the same everywhere', async () => {
    const world = new World({ seed: 'pinned' });
    const net = new Topology(world);
    const link = { up: { latencyUs: 20_000, jitterUs: 5000, lossPpm: 50_000 }, down: { latencyUs: 5000 } };
    const [a, b] = [net.server('a', { link }), net.server('b', { link })];
    await world.run(async () => {
      const [left, right] = [await a.udp.bind(), await b.udp.bind({ port: 7 })];
      right.onMessage = (data, from) => right.send(data, from);
      for (let round = 0; round < 1000; round++) {
        await new Promise<void>((resolve) => void a.clock.after(a.random.below(50), resolve));
        left.send(a.random.bytes(a.random.below(1200)), { address: '192.0.2.3', port: 7 });
      }
    });
    expect(world.now).toBe(24_188_000);
    expect(world.trace.hash.digest()).toBe('4bae6ff1b7ea2b3371956e32fc6cb66f40b42bd85ba3781bc41db559b02cf2f0');
  });
});
