import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Scheduler } from './scheduler.ts';

describe('Scheduler', () => {
  test('runs events by time, equal ones in the order in which they came, against a plain sort', () => {
    const script = fc.array(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(script, (bursts) => {
        const scheduler = new Scheduler();
        const waiting: { time: number; sequence: number }[] = [];
        const ran: number[] = [];
        const expected: number[] = [];
        let sequence = 0;
        for (const burst of bursts) {
          for (const delayUs of burst) {
            const id = sequence++;
            waiting.push({ time: scheduler.now + delayUs, sequence: id });
            scheduler.schedule(delayUs, (event: number) => void ran.push(event), id);
          }
          waiting.sort((a, b) => a.time - b.time || a.sequence - b.sequence);
          for (let left = Math.ceil(waiting.length / 2); left > 0; left--) {
            const next = waiting.shift()!;
            expected.push(next.sequence);
            expect(scheduler.nextTime).toBe(next.time);
            scheduler.step();
            expect(scheduler.now).toBe(next.time);
          }
          expect(scheduler.pending).toBe(waiting.length);
        }
        expect(ran).toEqual(expected);
        expect(scheduler.executed).toBe(ran.length);
      }),
      { numRuns: 200 },
    );
  });

  test('keeps its order when virtual time is so large that time and sequence fit into no one number', () => {
    const scheduler = new Scheduler();
    scheduler.now = 2 ** 50;
    const ran: string[] = [];
    for (const name of ['b', 'c', 'd']) scheduler.schedule(2, () => void ran.push(name));
    scheduler.schedule(1, () => void ran.push('a'));
    scheduler.schedule(3, () => void ran.push('e'));
    while (scheduler.pending > 0) scheduler.step();
    expect(ran.join('')).toBe('abcde');
    expect(scheduler.now).toBe(2 ** 50 + 3);
  });

  test('hands two arguments on, and what an event sets runs after those that wait for the same time', () => {
    const scheduler = new Scheduler();
    const ran: unknown[] = [];
    scheduler.schedule(
      5,
      (a: string, b: number) => {
        ran.push(a, b);
        scheduler.schedule(0, () => void ran.push('inner'));
      },
      'x',
      7,
    );
    scheduler.schedule(5, () => void ran.push('neighbour'));
    while (scheduler.pending > 0) scheduler.step();
    expect(ran).toEqual(['x', 7, 'neighbour', 'inner']);
  });

  test('a cancelled timer does nothing, and neither does cancelling again', () => {
    const scheduler = new Scheduler();
    let ran = 0;
    const cancelled = scheduler.timer(1, () => ran++);
    cancelled.cancel();
    cancelled.cancel();
    const own = scheduler.timer(1, () => own.cancel());
    scheduler.timer(2, () => (ran += 10));
    while (scheduler.pending > 0) scheduler.step();
    expect(ran).toBe(10);
  });

  test('grows, and holds nothing that it has run or forgotten', async () => {
    const scheduler = new Scheduler();
    const held: WeakRef<object>[] = [];
    const fill = (count: number): void => {
      for (let index = 0; index < count; index++) {
        const payload = { index };
        if (index % 100 === 0) held.push(new WeakRef(payload));
        scheduler.schedule(index % 7, () => {}, payload);
      }
    };
    fill(5000);
    expect(scheduler.pending).toBe(5000);
    for (let left = 2500; left > 0; left--) scheduler.step();
    fill(1000);
    scheduler.clear();
    expect(scheduler.pending).toBe(0);
    expect(scheduler.nextTime).toBe(Number.POSITIVE_INFINITY);
    fill(10);
    let ran = 0;
    while (scheduler.pending > 0) {
      scheduler.step();
      ran++;
    }
    expect(ran).toBe(10);
    if (globalThis.gc) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      globalThis.gc();
      expect(held.filter((reference) => reference.deref() !== undefined)).toEqual([]);
    }
  });

  test('takes nothing any more once it is closed', () => {
    const scheduler = new Scheduler();
    scheduler.schedule(1, () => {});
    scheduler.close();
    scheduler.schedule(1, () => {});
    scheduler.timer(1, () => {}).cancel();
    expect(scheduler.pending).toBe(0);
  });
});
