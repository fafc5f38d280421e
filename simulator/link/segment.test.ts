import { describe, expect, test } from 'vitest';
import { type Packet, udpPacket } from '../packet.ts';
import { World } from '../world/world.ts';
import type { Link, Oversize } from './link-model.ts';
import { type Port, Segment } from './segment.ts';

interface Bench {
  readonly world: World;
  readonly segment: Segment;
  readonly log: string[];
  port(name: string, link?: Link): Port;
  packet(): Packet;
  run(): Promise<void>;
}

function bench(): Bench {
  const world = new World({ seed: 'segment' });
  const segment = new Segment(world);
  const log: string[] = [];
  world.trace.observe({
    packet: (_time, device, event, _packet, reason) => void log.push(`${device.name} ${event} ${reason}`),
    mapping: () => {},
    hostEvent: () => {},
  });
  return {
    world,
    segment,
    log,
    port(name, link) {
      const receive = (packet: Packet): void => void log.push(`${world.now} ${name} got ${packet.id}`);
      const port = segment.attach(world.device(name), { receive }, link);
      segment.announce(world.addresses.id(name), port);
      return port;
    },
    packet: () => udpPacket(world.nextPacketId(), 0, 1, 1, 1, 64, Buffer.from('data')),
    run: async () => void (await world.run(() => new Promise(() => {}))),
  };
}

const link = (up: number, down: number): Link => ({ up: { latencyUs: up }, down: { latencyUs: down } });

describe('Segment', () => {
  test('carries a packet up the sender’s cable and down the receiver’s', async () => {
    const { world, segment, log, port, packet, run } = bench();
    const a = port('192.0.2.1', link(100, 7));
    const b = port('192.0.2.2', link(5, 1000));
    port('192.0.2.3', link(1, 1));
    segment.send(packet(), a, world.addresses.id('192.0.2.2'));
    segment.send(packet(), b, world.addresses.id('192.0.2.1'));
    await run();
    expect(log).toEqual(['12 192.0.2.1 got 2', '1100 192.0.2.2 got 1']);
  });

  test('a port without a link is right there, but never within the call', async () => {
    const { world, segment, log, port, packet, run } = bench();
    const a = port('192.0.2.1');
    port('192.0.2.2');
    segment.send(packet(), a, world.addresses.id('192.0.2.2'));
    expect(log).toEqual([]);
    await run();
    expect(log).toEqual(['0 192.0.2.2 got 1']);
  });

  test('tells who loses a packet', async () => {
    const { world, segment, log, port, packet, run } = bench();
    const lossy = { latencyUs: 1, lossPpm: 1_000_000 };
    const clean = { latencyUs: 1 };
    const a = port('192.0.2.1', { up: lossy, down: clean });
    const b = port('192.0.2.2', { up: clean, down: lossy });
    segment.send(packet(), a, world.addresses.id('192.0.2.2'));
    segment.send(packet(), b, world.addresses.id('192.0.2.2'));
    await run();
    expect(log).toEqual(['192.0.2.1 dropped link: loss', '192.0.2.2 dropped link: loss']);
  });

  test('knows nobody by an address that was not announced', () => {
    const { world, segment, port, packet } = bench();
    const a = port('192.0.2.1');
    expect(segment.send(packet(), a, world.addresses.id('192.0.2.9'))).toBe(false);
  });

  test('refuses an address that is in use, and takes a second one of a port', () => {
    const { world, segment, port } = bench();
    const a = port('192.0.2.1');
    const b = port('192.0.2.2');
    expect(() => segment.announce(world.addresses.id('192.0.2.1'), b)).toThrow('192.0.2.1 is used twice');
    segment.announce(world.addresses.id('192.0.2.1'), a);
    segment.announce(world.addresses.id('192.0.2.7'), a);
  });

  test('sends to all but the sender, and no receiver can write into another’s packet', async () => {
    const { world, segment, port, log } = bench();
    const seen: Packet[] = [];
    const a = port('192.0.2.1');
    for (const name of ['b', 'c']) {
      segment.attach(world.device(name), {
        receive(packet) {
          seen.push(packet);
          packet.payload.fill(0);
          packet.ttl--;
        },
      });
    }
    segment.sendToAll(udpPacket(5, 0, 1, 1, 1, 64, Buffer.from('data')), a);
    await world.run(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    });
    expect(seen.map(({ id, ttl }) => [id, ttl])).toEqual([
      [5, 63],
      [5, 63],
    ]);
    expect(seen[0]!.payload).not.toBe(seen[1]!.payload);
    expect(log).toEqual([]);
  });

  test('a packet to all where nobody else is ends there', () => {
    const { segment, port, packet, log } = bench();
    segment.sendToAll(packet(), port('192.0.2.1'));
    expect(log).toEqual(['192.0.2.1 dropped link: nobody there']);
  });

  test('has the MTU of the narrower link, up or down, and that one’s manners', () => {
    const { world, segment, port } = bench();
    const mtu = (bytes: number, oversize: Oversize) => ({ latencyUs: 1, mtu: { bytes, oversize } });
    const a = port('192.0.2.1', { up: mtu(1400, 'ptb'), down: mtu(1000, 'fragment') });
    const b = port('192.0.2.2', { up: { latencyUs: 1 }, down: mtu(1280, 'blackhole') });
    const c = port('192.0.2.3');
    const limit = (from: Port, to: string) => segment.limit(from, world.addresses.id(to));
    expect(limit(a, '192.0.2.2')).toEqual({ bytes: 1280, oversize: 'blackhole' });
    expect(limit(a, '192.0.2.3')).toEqual({ bytes: 1400, oversize: 'ptb' });
    expect(limit(b, '192.0.2.1')).toEqual({ bytes: 1000, oversize: 'fragment' });
    expect(limit(b, '192.0.2.3')).toBeUndefined();
    expect(limit(c, '192.0.2.2')).toEqual({ bytes: 1280, oversize: 'blackhole' });
    expect(limit(a, '192.0.2.9')).toBeUndefined();
  });

  test('what is sent to all gets where it fits', async () => {
    const { segment, log, port, packet, run } = bench();
    const a = port('192.0.2.1');
    port('192.0.2.2', link(1, 1));
    port('192.0.2.3', { up: { latencyUs: 1 }, down: { latencyUs: 1, mtu: { bytes: 68, oversize: 'fragment' } } });
    segment.sendToAll({ ...packet(), payload: new Uint8Array(41) }, a);
    await run();
    expect(log).toEqual(['192.0.2.1 dropped link: mtu', '1 192.0.2.2 got 1']);
  });

  test('a copy that a link makes meets its own luck, and shares nothing that can be written to', async () => {
    const { world, segment, log, port, packet, run } = bench();
    const twice = (jitterUs: number) => ({ latencyUs: 100, jitterUs, duplicatePpm: 1_000_000 });
    const a = port('192.0.2.1', { up: twice(1000), down: { latencyUs: 1 } });
    const seen: Packet[] = [];
    const b = segment.attach(
      world.device('b'),
      {
        receive(arrived) {
          seen.push({ ...arrived });
          arrived.payload.fill(0);
          arrived.ttl = 0;
        },
      },
      { up: { latencyUs: 1 }, down: twice(0) },
    );
    segment.announce(world.addresses.id('192.0.2.2'), b);
    segment.send(packet(), a, world.addresses.id('192.0.2.2'));
    const payloads: string[] = [];
    world.trace.observe({
      packet: (_time, _device, _event, { payload }) => void payloads.push(Buffer.from(payload).toString()),
      mapping: () => {},
      hostEvent: () => {},
    });
    await run();
    // Twice on the way up, and each of these twice on the way down.
    expect(log).toEqual(['192.0.2.1 duplicated ', 'b duplicated ', 'b duplicated ']);
    expect(payloads).toEqual(['data', 'data']);
    expect(seen.map(({ id, ttl }) => [id, ttl])).toEqual([1, 1, 1, 1].map((id) => [id, 64]));
    expect(new Set(seen.map(({ payload }) => payload)).size).toBe(4);
  });
});
