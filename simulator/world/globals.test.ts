import crypto, { randomBytes, randomFill, randomFillSync, randomInt, randomUUID } from 'node:crypto';
import { setTimeout as namedSetTimeout } from 'node:timers';
import { setTimeout as wait, setImmediate as waitImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Outcome } from './run.ts';
import { World } from './world.ts';

async function inWorld<T>(main: (world: World) => Promise<T> | T, seed = 'globals'): Promise<T> {
  const world = new World({ seed });
  const result: Outcome<T> = await world.run(async () => main(world));
  if (result.outcome === 'done') return result.value;
  throw result.outcome === 'crashed' ? result.error : new Error(result.outcome);
}

describe('timers in a world', () => {
  test('run on virtual time, in order of due time, then of creation', async () => {
    const log = await inWorld(async (world) => {
      const log: string[] = [];
      const note = (name: string) => () => void log.push(`${name} ${world.now}`);
      setTimeout(note('hour'), 3_600_000);
      setTimeout(note('late'), 20);
      setTimeout(note('first'), 10);
      setTimeout(note('second'), 10);
      setImmediate(note('immediate'));
      namedSetTimeout(note('named'), 15);
      await new Promise((resolve) => setTimeout(resolve, 3_600_000));
      return log;
    });
    expect(log).toEqual(['immediate 0', 'first 10000', 'second 10000', 'named 15000', 'late 20000', 'hour 3600000000']);
  });

  test.each([0, -5, 0.4, Number.NaN, 2 ** 31, undefined])('a delay of %s counts as 1 ms, as in Node', async (delay) => {
    const us = await inWorld(async (world) => {
      await new Promise((resolve) => setTimeout(resolve, delay));
      return world.now;
    });
    expect(us).toBe(1000);
  });

  test('a fraction of a millisecond is cut off, and a delay may be text', async () => {
    const times = await inWorld(async (world) => {
      await new Promise((resolve) => setTimeout(resolve, 2.9));
      const first = world.now;
      await new Promise((resolve) => setTimeout(resolve, '5' as unknown as number));
      return [first, world.now - first];
    });
    expect(times).toEqual([2000, 5000]);
  });

  test('pass arguments on', async () => {
    expect(await inWorld(() => new Promise((resolve) => setTimeout((...args) => resolve(args), 1, 'a', 2)))).toEqual([
      'a',
      2,
    ]);
    expect(await inWorld(() => new Promise((resolve) => setImmediate((...args) => resolve(args), 'a', 2)))).toEqual([
      'a',
      2,
    ]);
  });

  test('can be cleared: by themselves, as a number, and each by any clear function', async () => {
    const fired = await inWorld(async () => {
      const fired: string[] = [];
      const note = (name: string) => () => void fired.push(name);
      clearTimeout(setTimeout(note('timeout'), 5));
      clearInterval(setTimeout(note('timeout as interval'), 5));
      clearTimeout(setInterval(note('interval'), 5));
      clearImmediate(setImmediate(note('immediate')));
      clearTimeout(+setTimeout(note('number'), 5));
      clearTimeout(String(+setTimeout(note('text'), 5)));
      setTimeout(note('closed'), 5).close();
      setTimeout(note('disposed'), 5)[Symbol.dispose]();
      clearTimeout(undefined);
      clearTimeout(987_654);
      setTimeout(note('the only one'), 5);
      await wait(50);
      return fired;
    });
    expect(fired).toEqual(['the only one']);
  });

  test('an interval repeats until it is cleared, also from within', async () => {
    const ticks = await inWorld(async (world) => {
      const ticks: number[] = [];
      const interval = setInterval(() => {
        ticks.push(world.now / 1000);
        if (ticks.length === 3) clearInterval(interval);
      }, 7);
      await wait(100);
      return ticks;
    });
    expect(ticks).toEqual([7, 14, 21]);
  });

  test('refresh starts a timer anew, one that has fired as well, one that was cleared not', async () => {
    const log = await inWorld(async (world) => {
      const log: number[] = [];
      const timer = setTimeout(() => log.push(world.now / 1000), 10);
      for (const at of [4, 8, 12]) setTimeout(() => timer.refresh(), at);
      setTimeout(() => timer.refresh(), 50);
      const cleared = setTimeout(() => log.push(-1), 10);
      clearTimeout(cleared);
      cleared.refresh();
      await wait(100);
      return log;
    });
    expect(log).toEqual([22, 60]);
  });

  test('a timer that is refreshed ten thousand times waits as one event', async () => {
    const pending = await inWorld(async (world) => {
      const timer = setTimeout(() => {}, 1000);
      for (let round = 0; round < 10_000; round++) timer.refresh();
      return world.audit().events;
    });
    expect(pending).toBe(1);
  });

  test('know ref and unref', async () => {
    const states = await inWorld(() => {
      const timer = setTimeout(() => {}, 5);
      const immediate = setImmediate(() => {});
      return [
        timer.hasRef(),
        timer.unref().hasRef(),
        timer.ref().hasRef(),
        immediate.unref().hasRef(),
        immediate.ref().hasRef(),
      ];
    });
    expect(states).toEqual([true, false, true, false, true]);
  });

  test('refuse what is no callback as Node does', async () => {
    await expect(inWorld(() => setTimeout('alert()' as unknown as () => void, 5))).rejects.toThrow(TypeError);
    await expect(inWorld(() => setImmediate(undefined as unknown as () => void))).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
    });
  });

  test('have promise forms, by import and by promisify', async () => {
    const result = await inWorld(async (world) => {
      const values = [
        await wait(5, 'a'),
        await promisify(setTimeout)(5, 'b'),
        await waitImmediate('c'),
        await promisify(setImmediate)('d'),
      ];
      return [values.join(''), world.now];
    });
    expect(result).toEqual(['abcd', 10_000]);
  });

  test('promise forms can be aborted, early and late', async () => {
    const result = await inWorld(async (world) => {
      const controller = new AbortController();
      const waiting = wait(1000, 0, { signal: controller.signal }).catch((error: Error) => [error.name, world.now]);
      setTimeout(() => controller.abort(), 5);
      const late = await waiting;
      const early = await wait(1000, 0, { signal: controller.signal }).catch((error: Error) => [error.name, world.now]);
      return [late, early, world.audit().events];
    });
    expect(result.slice(0, 2)).toEqual([
      ['AbortError', 5000],
      ['AbortError', 5000],
    ]);
  });

  test('what has no virtual form is refused aloud', async () => {
    const { setInterval: iterate, scheduler } = await import('node:timers/promises');
    await expect(inWorld(() => iterate(5))).rejects.toThrow('does not exist in a simulated world');
    await expect(inWorld(() => scheduler.wait(5))).rejects.toThrow('does not exist in a simulated world');
    await expect(inWorld(() => crypto.subtle)).rejects.toThrow('does not exist in a simulated world');
    await expect(inWorld(() => globalThis.crypto.subtle)).rejects.toThrow('does not exist in a simulated world');
  });

  test('AbortSignal.timeout is virtual', async () => {
    const result = await inWorld(async (world) => {
      const signal = AbortSignal.timeout(250);
      const before = signal.aborted;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return [before, world.now, signal.reason.name];
    });
    expect(result).toEqual([false, 250_000, 'TimeoutError']);
  });
});

describe('clocks in a world', () => {
  test('show virtual time', async () => {
    const shown = await inWorld(async () => {
      const start = process.hrtime();
      await wait(1500);
      return {
        iso: new Date().toISOString(),
        now: Date.now(),
        text: Date().slice(0, 15),
        performance: performance.now(),
        uptime: process.uptime(),
        hrtime: process.hrtime(),
        since: process.hrtime(start),
        bigint: process.hrtime.bigint(),
      };
    });
    expect(shown).toEqual({
      iso: '2030-01-01T00:00:01.500Z',
      now: Date.UTC(2030, 0, 1) + 1500,
      text: new Date(Date.UTC(2030, 0, 1, 12)).toString().slice(0, 15),
      performance: 1500,
      uptime: 1.5,
      hrtime: [1, 500_000_000],
      since: [1, 500_000_000],
      bigint: 1_500_000_000n,
    });
  });

  test('a date is a date, wherever it was made', async () => {
    const outside = new Date(5);
    class Special extends Date {}
    const checks = await inWorld(() => {
      const inside = new Date();
      const special = new Special();
      return [
        inside instanceof Date,
        outside instanceof Date,
        structuredClone(inside) instanceof Date,
        inside.constructor === Date,
        special instanceof Special && special instanceof Date,
        special.getTime() === inside.getTime(),
        new Date(2030, 5).getMonth() === 5,
        new Date('2030-01-02').getUTCDate() === 2,
        Date.UTC(1970, 0) === 0,
      ];
    });
    expect(checks).toEqual(checks.map(() => true));
    expect(Date.name).toBe('Date');
    expect(Date).toHaveLength(7);
  });
});

describe('randomness in a world', () => {
  const draws = (): unknown[] => {
    const bytes = new Uint8Array(7);
    return [
      Math.random(),
      randomBytes(9).toString('hex'),
      randomUUID(),
      globalThis.crypto.randomUUID(),
      Array.from(globalThis.crypto.getRandomValues(bytes)),
      Array.from(crypto.getRandomValues(new Uint16Array(3))),
      randomInt(10),
      randomInt(-5, 2 ** 40),
      randomFillSync(Buffer.alloc(6), 2, 3).toString('hex'),
    ];
  };

  test('follows the seed, every source of it', async () => {
    const [once, again, other] = [await inWorld(draws), await inWorld(draws), await inWorld(draws, 'other')];
    expect(again).toEqual(once);
    for (const [index, draw] of once.entries()) if (index !== 6) expect(other[index]).not.toEqual(draw);
  });

  test('has its shape', async () => {
    const [fraction, bytes, uuid, , , words, small, large, filled] = (await inWorld(draws)) as [
      number,
      string,
      string,
      string,
      number[],
      number[],
      number,
      number,
      string,
    ];
    expect(fraction).toBeGreaterThanOrEqual(0);
    expect(fraction).toBeLessThan(1);
    expect(bytes).toHaveLength(18);
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Math.max(...words)).toBeGreaterThan(255);
    expect(small).toBeLessThan(10);
    expect(large).toBeGreaterThan(-6);
    expect(filled).toMatch(/^0000[0-9a-f]{6}00$/);
  });

  test('callbacks come as events of their own', async () => {
    const result = await inWorld(async () => {
      const log: string[] = [];
      const done = (name: string) =>
        new Promise<void>((resolve) => {
          const finish = (): void => {
            log.push(name);
            resolve();
          };
          if (name === 'bytes') randomBytes(4, finish);
          if (name === 'fill') randomFill(Buffer.alloc(4), finish);
          if (name === 'int') randomInt(5, finish);
        });
      const all = Promise.all(['bytes', 'fill', 'int'].map(done));
      log.push('asked');
      await all;
      return log;
    });
    expect(result).toEqual(['asked', 'bytes', 'fill', 'int']);
  });

  test('entropy that somebody draws does not move Math.random', async () => {
    const plain = await inWorld(() => Math.random());
    const drawn = await inWorld(() => {
      randomBytes(1000);
      return Math.random();
    });
    expect(drawn).toBe(plain);
  });
});

describe('outside of a world', () => {
  test('everything is real', async () => {
    const before = Date.now();
    expect(before).toBeGreaterThan(Date.UTC(2024, 0));
    expect(before).toBeLessThan(Date.UTC(2030, 0));
    expect(randomUUID()).not.toBe(randomUUID());
    expect(await crypto.subtle.digest('SHA-256', new Uint8Array(1))).toHaveProperty('byteLength', 32);
    expect(globalThis.crypto.getRandomValues(new Uint8Array(16)).some((byte) => byte !== 0)).toBe(true);
    await wait(1);
    await new Promise((resolve) => clearTimeout(setTimeout(resolve, 1).refresh()) ?? setImmediate(resolve));
    expect(Reflect.get(setTimeout, promisify.custom)).toBe(wait);
  });

  test('the world is current only while its loop runs', async () => {
    const world = new World({ seed: 'x' });
    const running = world.run(async () => {
      await wait(10);
      return Date.now();
    });
    expect(Date.now()).toBeLessThan(Date.UTC(2030, 0));
    expect(await running).toEqual({ outcome: 'done', value: Date.UTC(2030, 0) + 10 });
    expect(Date.now()).toBeLessThan(Date.UTC(2030, 0));
  });

  test('a timer of a world that is over never fires, and can be cleared', async () => {
    let fired = false;
    const timer = await inWorld(() => ({ timer: setTimeout(() => (fired = true), 0) }));
    clearTimeout(timer.timer);
    timer.timer.refresh();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(fired).toBe(false);
  });

  test('a world counts what third-party code uses', async () => {
    const world = new World({ seed: 'x' });
    await world.run(async () => {
      Math.random();
      Math.random();
      await wait(1);
    });
    expect([...world.globalsUsed]).toEqual([
      ['random', 2],
      ['setTimeout', 1],
    ]);
  });
});
