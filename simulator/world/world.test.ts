import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { symmetricLink } from '../link/link-model.ts';
import { Topology } from '../topology.ts';
import { World } from './world.ts';

const never = (): Promise<never> => new Promise(() => {});

describe.each(['tick', 'immediate'] as const)('a run, settled by %s', (settling) => {
  const create = (): World => new World({ seed: 'x', settling });

  test('is done with what main returns', async () => {
    expect(await create().run(async () => 42)).toEqual({ outcome: 'done', value: 42 });
  });

  test('is done although more would happen', async () => {
    const world = create();
    let late = false;
    const result = await world.run(async () => {
      setInterval(() => {}, 10);
      setTimeout(() => (late = true), 50);
      await wait(40);
    });
    expect(result.outcome).toBe('done');
    expect(world.now).toBe(40_000);
    expect(late).toBe(false);
  });

  test('stalls when nothing is left to happen', async () => {
    const world = create();
    const result = await world.run(async () => {
      await wait(5);
      await never();
    });
    expect(result).toEqual({ outcome: 'stalled' });
    expect(world.now).toBe(5000);
  });

  test('meets its deadline, and what is due exactly then still happens', async () => {
    const world = create();
    let ticks = 0;
    const main = async (): Promise<never> => {
      setInterval(() => ticks++, 10);
      return never();
    };
    expect(await world.run(main, { limitUs: 100_000 })).toEqual({ outcome: 'deadline' });
    expect(ticks).toBe(10);
  });

  test('meets its limit of events', async () => {
    const world = create();
    let spins = 0;
    const spin = (): void => {
      spins++;
      setImmediate(spin);
    };
    const result = await world.run(
      () => {
        spin();
        return never();
      },
      { maxEvents: 1000 },
    );
    expect(result).toEqual({ outcome: 'limit' });
    expect(spins).toBe(1001);
    expect(world.now).toBe(0);
  });

  test.each<[string, () => unknown]>([
    [
      'throws at once',
      () => {
        throw new Error('crash');
      },
    ],
    ['is rejected', () => Promise.reject(new Error('crash'))],
    [
      'leaves a rejected promise alone',
      () => {
        void Promise.reject(new Error('crash'));
        return never();
      },
    ],
    [
      'leaves one alone and returns',
      async () => {
        void Promise.reject(new Error('crash'));
      },
    ],
    [
      'throws in a timer',
      () => {
        setTimeout(() => {
          throw new Error('crash');
        }, 5);
        return never();
      },
    ],
    [
      'throws in a tick',
      () => {
        process.nextTick(() => {
          throw new Error('crash');
        });
        return never();
      },
    ],
    [
      'throws in a microtask',
      () => {
        queueMicrotask(() => {
          throw new Error('crash');
        });
        return never();
      },
    ],
    [
      'fails later, in an async function nobody waits for',
      () => {
        void wait(5)
          .then(() => wait(5))
          .then(() => {
            throw new Error('crash');
          });
        return never();
      },
    ],
  ])('crashes when main %s, and nobody outside hears of it', async (_name, main) => {
    const outside = vi.fn();
    process.on('unhandledRejection', outside);
    process.on('uncaughtException', outside);
    const result = await create().run(main as () => Promise<void>);
    await new Promise((resolve) => setTimeout(resolve, 1));
    process.off('unhandledRejection', outside);
    process.off('uncaughtException', outside);
    expect(result).toMatchObject({ outcome: 'crashed', error: { message: 'crash' } });
    expect(outside).not.toHaveBeenCalled();
  });

  test('a crash takes what was queued behind it along', async () => {
    const seen: string[] = [];
    await create().run(() => {
      process.nextTick(() => {
        throw new Error('crash');
      });
      process.nextTick(() => seen.push(String(Date.now() === Date.UTC(2030, 0))));
      process.nextTick(() => {
        throw new Error('another');
      });
      process.nextTick(() => seen.push(String(Date.now() === Date.UTC(2030, 0))));
      return never();
    });
    expect(seen).toEqual(['true', 'true']);
  });

  test('listeners of the process are back after the run, in order', async () => {
    const listeners = [vi.fn(), vi.fn()];
    for (const listener of listeners) process.on('unhandledRejection', listener);
    const before = process.rawListeners('unhandledRejection');
    await create().run(() => Promise.reject(new Error('crash')));
    expect(process.rawListeners('unhandledRejection')).toEqual(before);
    for (const listener of listeners) process.off('unhandledRejection', listener);
  });
});

describe('World', () => {
  test('runs once', async () => {
    const world = new World({ seed: 'x' });
    await world.run(async () => {});
    await expect(world.run(async () => {})).rejects.toThrow('only once');
  });

  test('two worlds in one process do not touch each other', async () => {
    const play = async (seed: string): Promise<string[]> => {
      const world = new World({ seed });
      const log: string[] = [];
      await world.run(async () => {
        for (let round = 0; round < 5000; round++) {
          await wait(1 + Math.floor(Math.random() * 3));
          if (round % 500 === 0) log.push(`${world.now} ${Math.random()}`);
        }
      });
      return log;
    };
    const alone = [await play('a'), await play('b')];
    expect(await Promise.all([play('a'), play('b')])).toEqual(alone);
    expect(alone[0]).not.toEqual(alone[1]);
  });

  test('is closed after the run: nothing is open, nothing waits, nothing new is taken', async () => {
    const world = new World({ seed: 'x' });
    const net = new Topology(world);
    const link = symmetricLink({ latencyUs: 1000 });
    const [a, b] = [net.server('a', { link }), net.server('b', { link })];
    let open: Record<string, number> = {};
    const result = await world.run(async () => {
      await b.tcp.listen({ port: 80 }, () => {});
      await a.tcp.dial({ address: '192.0.2.3', port: 80 });
      await wait(10);
      const socket = await a.udp.bind();
      socket.send(Buffer.from('late'), { address: '192.0.2.3', port: 9 });
      setTimeout(() => {}, 1000);
      open = world.audit();
      return socket;
    });
    expect(open).toMatchObject({ udpSockets: 1, tcpSockets: 3 });
    expect(open.events).toBeGreaterThan(1);
    expect(world.audit()).toEqual({ events: 0, udpSockets: 0, tcpSockets: 0, echoSockets: 0 });

    const counts = [world.trace.counters.sentBy(a.device).packets, world.now];
    if (result.outcome === 'done') result.value.send(Buffer.from('dead'), { address: '192.0.2.3', port: 9 });
    a.clock.after(0, () => expect.unreachable());
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(world.audit()).toEqual({ events: 0, udpSockets: 0, tcpSockets: 0, echoSockets: 0 });
    expect([world.trace.counters.sentBy(a.device).packets, world.now]).toEqual(counts);
  });

  test('device names are unique', () => {
    const world = new World({ seed: 'x' });
    world.device('a');
    expect(() => world.device('a')).toThrow('two devices');
  });
});
