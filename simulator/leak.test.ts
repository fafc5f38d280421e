import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { resolveBehaviour } from '../core/nat/behaviour.ts';
import { symmetricLink } from './link/link-model.ts';
import { Topology } from './topology.ts';
import { World } from './world/world.ts';

const LINK = symmetricLink({ latencyUs: 5000, jitterUs: 1000, lossPpm: 1000 });
/** Of growth; one word for each of a million packets would be twice as much. */
const ALLOWED_BYTES = 4 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

async function usedBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    collect();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** A world with two NATs; `main` gets a socket on each side that reaches the other. */
async function inSmallWorld(seed: string, packets: number): Promise<World> {
  const world = new World({ seed });
  const net = new Topology(world);
  const nat = resolveBehaviour({ filtering: 'endpoint-independent' });
  const [a, b] = ['a', 'b'].map((name) => net.side(name, { nats: [nat], link: LINK }));
  const result = await world.run(
    async () => {
      const [near, far] = [await a!.host.udp.bind({ port: 5000 }), await b!.host.udp.bind({ port: 5000 })];
      const endpoint = (side: typeof a) => ({ address: side!.nats[0]!.outside.addresses[0]!.address, port: 5000 });
      const [toNear, toFar] = [endpoint(a), endpoint(b)];
      far.onMessage = (data) => far.send(data, toNear);
      far.send(Buffer.of(0), toNear);
      await a!.host.tcp.dial({ address: toFar.address, port: 9 }, { timeoutMs: 50 }).catch(() => {});
      for (let sent = 0; sent < packets; sent += 100) {
        for (let burst = 0; burst < 100; burst++) near.send(Buffer.alloc(100), toFar);
        await new Promise<void>((resolve) => void a!.host.clock.after(1, resolve));
      }
      setInterval(() => {}, 10);
      void new Promise(() => {});
    },
    { maxEvents: Number.POSITIVE_INFINITY },
  );
  expect(result).toEqual({ outcome: 'done', value: undefined });
  return world;
}

test('half a million packets there and back leave nothing behind', { timeout: 120_000 }, async () => {
  await inSmallWorld('warm', 50_000);
  const before = await usedBytes();
  const world = await inSmallWorld('million', 500_000);
  expect(world.trace.counters.delivered).toBeGreaterThan(980_000);
  expect(world.audit()).toEqual({ events: 0, udpSockets: 0, tcpSockets: 0, echoSockets: 0 });
  expect((await usedBytes()) - before).toBeLessThan(ALLOWED_BYTES);
  expect(world.now).toBeGreaterThan(0); // keeps the world alive until here
});

test('a thousand small worlds leave nothing behind', { timeout: 120_000 }, async () => {
  const run = async (from: number, to: number): Promise<void> => {
    for (let index = from; index < to; index++) {
      const world = await inSmallWorld(`small ${index}`, 100);
      expect(world.audit()).toEqual({ events: 0, udpSockets: 0, tcpSockets: 0, echoSockets: 0 });
    }
  };
  await run(0, 100);
  const listeners = process.listenerCount('unhandledRejection');
  const resources = process.getActiveResourcesInfo();
  const before = await usedBytes();
  await run(100, 1100);
  expect((await usedBytes()) - before).toBeLessThan(ALLOWED_BYTES);
  expect(process.listenerCount('unhandledRejection')).toBe(listeners);
  expect(process.getActiveResourcesInfo()).toEqual(resources);
});
