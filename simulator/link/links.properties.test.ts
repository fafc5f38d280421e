import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resolveBehaviour } from '../../core/nat/behaviour.ts';
import { Topology } from '../topology.ts';
import type { PacketEvent } from '../trace/observer.ts';
import { World } from '../world/world.ts';
import type { Link, LinkModel } from './link-model.ts';

const SETTINGS = { seed: 1963, numRuns: 150 };
/** Little of each, since there may be all of them on each of eight ways. */
const ppm = fc.integer({ min: 0, max: 60_000 });
const spell = fc.integer({ min: 1, max: 100_000 });

/** Anything that a link can do, each often left out. */
const models: fc.Arbitrary<LinkModel> = fc.record(
  {
    latencyUs: fc.integer({ min: 0, max: 50_000 }),
    jitterUs: fc.integer({ min: 0, max: 30_000 }),
    exponentialJitterUs: fc.integer({ min: 0, max: 10_000 }),
    reorder: fc.boolean(),
    holdBack: fc.record({ sharePpm: ppm, byUs: fc.integer({ min: 1, max: 40_000 }) }),
    lossPpm: ppm,
    burstLoss: fc.record({
      toBadPpm: ppm,
      toGoodPpm: fc.integer({ min: 100_000, max: 900_000 }),
      goodLossPpm: ppm,
      badLossPpm: ppm,
    }),
    timedLoss: fc.record({ goodUs: spell, badUs: spell, goodLossPpm: ppm, badLossPpm: ppm }),
    exactLoss: fc.record({ lost: fc.integer({ min: 0, max: 3 }), of: fc.integer({ min: 10, max: 90 }) }),
    duplicatePpm: fc.integer({ min: 0, max: 300_000 }),
    rate: fc.record({
      bitsPerSecond: fc.integer({ min: 50_000, max: 100_000_000 }),
      queueBytes: fc.integer({ min: 0, max: 100_000 }),
    }),
    mtu: fc.record({
      bytes: fc.integer({ min: 68, max: 1600 }),
      oversize: fc.constantFrom('fragment', 'fragment', 'ptb', 'blackhole'),
    }),
  },
  { requiredKeys: ['latencyUs'] },
);
const links: fc.Arbitrary<Link> = fc.record({ up: models, down: models });

interface Datagram {
  readonly fromA: boolean;
  readonly length: number;
  readonly gapMs: number;
}

const datagrams: fc.Arbitrary<Datagram[]> = fc.array(
  fc.record({ fromA: fc.boolean(), length: fc.integer({ min: 0, max: 4000 }), gapMs: fc.integer({ min: 0, max: 20 }) }),
  { minLength: 1, maxLength: 40 },
);

/** What each event does to the number of a packet's copies and fragments that are under way. */
const CHANGE: Record<PacketEvent, number> = {
  sent: 1,
  duplicated: 1,
  fragmented: 1,
  joined: -1,
  delivered: -1,
  dropped: -1,
  forwarded: 0,
  translated: 0,
};

interface Account {
  /** By packet: copies and fragments that have not ended. */
  readonly open: Map<number, number>;
  readonly events: Record<string, number>;
  readonly hash: string;
}

/** Datagrams, and a TCP dial, between two hosts behind a NAT each; then all that is under way comes to its end. */
async function account(link: Link, traffic: readonly Datagram[]): Promise<Account> {
  const open = new Map<number, number>();
  const events: Record<string, number> = {};
  const world = new World({ seed: 'account' });
  let lastUs = 0;
  world.trace.observe({
    packet(timeUs, _device, event, { id }) {
      expect(timeUs).toBeGreaterThanOrEqual(lastUs);
      lastUs = timeUs;
      events[event] = (events[event] ?? 0) + 1;
      const left = (open.get(id) ?? 0) + CHANGE[event];
      expect(left).toBeGreaterThanOrEqual(0);
      if (left > 0) open.set(id, left);
      else open.delete(id);
    },
    mapping: () => {},
    hostEvent: () => {},
  });
  const net = new Topology(world);
  const nats = [resolveBehaviour({ filtering: 'endpoint-independent' })];
  const [a, b] = [net.side('a', { nats, link }), net.side('b', { nats, link })];
  const outside = (side: typeof a) => ({ address: side.nats[0]!.outside.addresses[0]!.address, port: 5000 });
  const result = await world.run(async () => {
    const [one, other] = [await a.host.udp.bind({ port: 5000 }), await b.host.udp.bind({ port: 5000 })];
    other.onMessage = (data, from) => {
      if (data.length % 2 === 0) other.send(data.subarray(1), from);
    };
    void a.host.tcp.dial(outside(b), { timeoutMs: 3000 }).catch(() => {});
    for (const { fromA, length, gapMs } of traffic) {
      if (fromA) one.send(new Uint8Array(length), outside(b));
      else other.send(new Uint8Array(length), outside(a));
      await new Promise((resolve) => setTimeout(resolve, gapMs));
    }
    await new Promise((resolve) => setTimeout(resolve, 90_000)); // fragments wait for 30 s
  });
  if (result.outcome === 'crashed') throw result.error;
  const { drops } = world.trace.counters;
  expect([...drops.values()].reduce((sum, count) => sum + count, 0)).toBe(events.dropped ?? 0);
  return { open, events, hash: world.trace.hash.digest() };
}

test('every packet, copy and fragment comes to exactly one end', async () => {
  const seen: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(links, datagrams, async (link, traffic) => {
      const { open, events } = await account(link, traffic);
      expect([...open]).toEqual([]);
      for (const [event, count] of Object.entries(events)) seen[event] = (seen[event] ?? 0) + count;
    }),
    SETTINGS,
  );
  // The property would be empty if something never happened.
  for (const event of Object.keys(CHANGE)) expect(seen[event]).toBeGreaterThan(100);
}, 120_000);

test('the same links and the same seed have the same luck', async () => {
  await fc.assert(
    fc.asyncProperty(links, datagrams, async (link, traffic) => {
      expect((await account(link, traffic)).hash).toBe((await account(link, traffic)).hash);
    }),
    { ...SETTINGS, numRuns: 15 },
  );
}, 120_000);
