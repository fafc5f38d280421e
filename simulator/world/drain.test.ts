import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { symmetricLink } from '../link/link-model.ts';
import { Topology } from '../topology.ts';
import { type Driven, drains, drive, type Settling } from './drain.ts';
import type { Outcome } from './run.ts';
import { World } from './world.ts';

const link = symmetricLink({ latencyUs: 5000, jitterUs: 5000, lossPpm: 100_000 });

/** Promises, ticks, timers, immediates, streams and datagrams, all at once and all in each other's way. */
async function workload(settling: Settling): Promise<{ log: string[]; hash: string; outcome: Outcome<void> }> {
  const world = new World({ seed: 'drain', settling });
  const net = new Topology(world);
  const [a, b] = [net.server('a', { link }), net.server('b', { link })];
  const log: string[] = [];
  const note = (text: string): void => void log.push(`${world.now} ${text}`);
  const chain = async (name: string, length: number): Promise<void> => {
    for (let index = 0; index < length; index++) {
      await null;
      note(`${name}${index}`);
      if (index % 2 === 0) process.nextTick(() => note(`${name}${index} tick`));
      if (index % 3 === 0) setTimeout(() => void chain(`${name}t`, length - 4), index);
      if (index % 5 === 0) queueMicrotask(() => process.nextTick(() => setImmediate(() => note(`${name} immediate`))));
    }
  };
  const outcome = await world.run(async () => {
    const [near, far] = [await a.udp.bind({ port: 1 }), await b.udp.bind({ port: 2 })];
    const stream = new PassThrough();
    stream.on('data', (chunk) => {
      note(`stream ${chunk}`);
      far.send(chunk, { address: '192.0.2.2', port: 1 });
    });
    far.onMessage = (data) => void stream.write(data);
    near.onMessage = async (data) => {
      await chain(`echo${String(data)}`, 6);
      process.nextTick(note, 'echo tick');
    };
    for (let round = 0; round < 30; round++) {
      near.send(Buffer.from(String(round)), { address: '192.0.2.3', port: 2 });
      void chain(String(round), 9);
      await new Promise((resolve) => setTimeout(resolve, round % 4));
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  return { log, hash: world.trace.hash.digest(), outcome };
}

describe('settling', () => {
  test('by tick and by immediate gives the same bytes', async () => {
    const [tick, immediate] = [await workload('tick'), await workload('immediate')];
    expect(tick.outcome).toEqual({ outcome: 'done', value: undefined });
    expect(tick.log.length).toBeGreaterThan(1000);
    expect(immediate).toEqual(tick);
  });

  test('the self-test passes in a macrotask of this runtime, and fails where a drain would do nothing', async () => {
    const runtimeDrain = Reflect.get(process, '_tickCallback');
    const macrotask = <T>(task: () => T): Promise<T> => new Promise((resolve) => setImmediate(() => resolve(task())));
    expect(await macrotask(() => drains(runtimeDrain))).toBe(true);
    expect(await macrotask(() => drains(() => {}))).toBe(false);
    await null; // a microtask from here on
    expect(drains(runtimeDrain)).toBe(false);
  });
});

describe.each(['tick', 'immediate'] as const)('driving by %s', (settling) => {
  test('enters for each slice of the run, and leaves for good', async () => {
    const log: string[] = [];
    let steps = 0;
    const driven: Driven = {
      enter: () => void log.push('enter'),
      leave: () => void log.push('leave'),
      step: () => ++steps < 3,
      crash: (error) => void log.push(String(error)),
    };
    await drive(driven, settling);
    expect(steps).toBe(3);
    expect(log.filter((entry) => entry === 'enter')).toHaveLength(log.filter((entry) => entry === 'leave').length);
    expect(log.at(-1)).toBe('leave');
  });
});

test('a long run lets the process breathe', async () => {
  let seen = 0;
  const timer = setInterval(() => seen++, 1);
  let steps = 0;
  await drive({ enter: () => {}, leave: () => {}, step: () => ++steps < 1_000_000, crash: () => {} }, 'tick');
  clearInterval(timer);
  expect(steps).toBe(1_000_000);
  expect(seen).toBeGreaterThan(0);
});
