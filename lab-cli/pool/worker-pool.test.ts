import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { type PoolJob, WorkerPool } from './worker-pool.ts';

/** A worker that speaks the protocol and squares numbers, with mishaps at chosen ones. */
const SQUARER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { halt, mishaps } = workerData;
  const halted = () => Atomics.load(new Int32Array(halt), 0) === 1;
  if (mishaps.start) throw new Error('no start');
  parentPort.on('message', async ({ first, end }) => {
    for (let index = first; index < end; index++) {
      if (halted()) return parentPort.postMessage({ kind: 'halted' });
      const mishap = mishaps[index];
      if (mishap === 'throw') throw new Error('thrown at ' + index);
      if (mishap === 'exit') process.exit(3);
      if (mishap === 'spin') for (;;);
      if (mishap === 'memory') for (const hoard = []; ; ) hoard.push(new Array(1e5).fill(index));
      if (mishap === 'wait') await new Promise((resolve) => setTimeout(resolve, 20));
      parentPort.postMessage({ kind: 'done', index, value: index * index });
      await null;
    }
  });
  parentPort.postMessage({ kind: 'ready' });
`;

type Mishap = 'throw' | 'exit' | 'spin' | 'memory' | 'wait';

interface Seen {
  readonly indexes: number[];
  readonly values: (number | string)[];
}

function squares(
  size: number,
  workers: number,
  mishaps: Record<number | string, Mishap | boolean> = {},
  more: Partial<PoolJob<number | string>> = {},
) {
  const seen: Seen = { indexes: [], values: [] };
  const pool = new WorkerPool<number | string>({
    size,
    workers,
    start: (halt) =>
      new Worker(SQUARER, {
        eval: true,
        workerData: { halt, mishaps },
        resourceLimits: { maxOldGenerationSizeMb: 32 },
        stderr: true,
      }),
    crashed: (_, error) => error.message,
    emit: (index, value) => {
      seen.indexes.push(index);
      seen.values.push(value);
    },
    ...more,
  });
  return { pool, seen };
}

const upTo = (size: number) => Array.from({ length: size }, (_, index) => index);

describe('gives every value once and in order', () => {
  it.each([
    [0, 2],
    [1, 4],
    [3, 8],
    [500, 1],
    [500, 3],
  ])('%i units, %i workers', async (size, workers) => {
    const { pool, seen } = squares(size, workers);
    expect(await pool.run()).toBe(true);
    expect(seen.indexes).toEqual(upTo(size));
    expect(seen.values).toEqual(upTo(size).map((index) => index * index));
  });

  it('even if some are slow', async () => {
    const { pool, seen } = squares(200, 3, { 0: 'wait', 17: 'wait', 50: 'wait', 51: 'wait' });
    expect(await pool.run()).toBe(true);
    expect(seen.indexes).toEqual(upTo(200));
  });
});

describe('a worker that dies costs the unit it was on and no other', () => {
  it.each<[Mishap, RegExp]>([
    ['throw', /^thrown at \d+$/],
    ['exit', /^worker exited with code 3$/],
    ['memory', /memory/],
    ['spin', /^no sign of life for 2 s of real time$/],
  ])('%s', async (mishap, message) => {
    const { pool, seen } = squares(100, 2, { 41: mishap, 99: mishap }, { patienceMs: 2000 });
    expect(await pool.run()).toBe(true);
    expect(seen.indexes).toEqual(upTo(100));
    for (const index of upTo(100)) {
      if ([41, 99].includes(index)) expect(seen.values[index]).toMatch(message);
      else expect(seen.values[index]).toBe(index * index);
    }
  });

  it.each([1, 2])('even if none starts any more, %i workers: the units that are left have crashed', async (workers) => {
    let starts = 0;
    const start: PoolJob<number | string>['start'] = (halt) => {
      const mishaps = starts++ < workers ? { 40: 'exit', 60: 'exit' } : { start: true };
      return new Worker(SQUARER, { eval: true, workerData: { halt, mishaps }, stderr: true });
    };
    const { pool, seen } = squares(200, workers, {}, { start });
    expect(await pool.run()).toBe(true);
    expect(seen.indexes).toEqual(upTo(200));
    expect(seen.values.slice(0, 40)).toEqual(upTo(40).map((index) => index * index));
    expect(seen.values[40]).toBe('worker exited with code 3');
    expect(seen.values.at(-1)).toBe('no start');
    expect(starts).toBeLessThanOrEqual(2 * workers + 2); // Each may be starting when the third one fails.
  });

  it('but while none has started, one that can not start ends the run', async () => {
    const { pool } = squares(10, 2, { start: true });
    await expect(pool.run()).rejects.toThrow('no start');
  });
});

describe('stops early', () => {
  it('halt: the units that run end, in order, and nothing more is begun', async () => {
    const { pool, seen } = squares(
      100_000,
      2,
      {},
      {
        emit: (index, value) => {
          seen.indexes.push(index);
          seen.values.push(value);
          if (index === 40) pool.halt();
        },
      },
    );
    expect(await pool.run()).toBe(false);
    expect(seen.indexes.length).toBeLessThan(100_000);
    expect(seen.indexes.slice(0, 41)).toEqual(upTo(41));
    expect(seen.indexes).toEqual([...new Set(seen.indexes)].sort((a, b) => a - b));
  });

  it('kill: at once, even if a unit never ends', async () => {
    const { pool, seen } = squares(
      100,
      1,
      { 30: 'spin' },
      {
        emit: (index, value) => {
          seen.indexes.push(index);
          seen.values.push(value);
          if (index === 29) setTimeout(() => pool.kill(), 10);
        },
      },
    );
    expect(await pool.run()).toBe(false);
    expect(seen.indexes).toEqual(upTo(30));
  });

  it('when the values can not be given on', async () => {
    const { pool } = squares(
      100,
      2,
      {},
      {
        emit: () => {
          throw new Error('disk full');
        },
      },
    );
    await expect(pool.run()).rejects.toThrow('disk full');
  });
});
