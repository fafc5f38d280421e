import { describe, expect, test } from 'vitest';
import type { Timer } from './index.ts';
import { inLab, type MakeLab, pause } from './lab.suite.ts';

/** What every Clock must do. */
export function clockSuite(world: string, makeLab: MakeLab): void {
  describe(`clock, ${world}`, () => {
    test(
      'time is whole microseconds and never runs back',
      inLab(makeLab, async ({ hosts: [{ clock }] }) => {
        let last = clock.now();
        for (let round = 0; round < 100; round++) {
          if (round % 20 === 0) await pause(clock, 1);
          const now = clock.now();
          expect(Number.isSafeInteger(now)).toBe(true);
          expect(now).toBeGreaterThanOrEqual(last);
          last = now;
        }
      }),
    );

    test(
      'Unix time is whole milliseconds',
      inLab(makeLab, async ({ hosts: [{ clock }] }) => {
        expect(Number.isSafeInteger(clock.wallMs())).toBe(true);
        expect(clock.wallMs()).toBeGreaterThan(0);
      }),
    );

    test(
      'tasks run in the order they are due, equal ones in the order they were set',
      inLab(makeLab, async ({ hosts: [{ clock }] }) => {
        const order: string[] = [];
        const task = (name: string) => () => void order.push(name);
        clock.after(60, task('sixth'));
        clock.after(40, task('fourth'));
        clock.after(40, task('fifth'));
        clock.after(20, task('third'));
        clock.after(0, task('first'));
        clock.after(0, task('second'));
        await pause(clock, 80);
        expect(order).toEqual(['first', 'second', 'third', 'fourth', 'fifth', 'sixth']);
      }),
    );

    test.each([-5, 0, 0.001, 0.5, 1, 2.5, 7.999, 20])(
      'a delay of %d ms is never cut short, and never runs at once',
      (delayMs) =>
        inLab(makeLab, async ({ hosts: [{ clock }] }) => {
          const start = clock.now();
          let ran = false;
          const done = new Promise<void>((resolve) => {
            clock.after(delayMs, () => {
              ran = true;
              resolve();
            });
          });
          expect(ran).toBe(false);
          await null;
          expect(ran).toBe(false);
          await done;
          expect(clock.now() - start).toBeGreaterThanOrEqual(Math.floor(delayMs * 1000));
        })(),
    );

    test(
      'a cancelled task never runs, and cancelling again does nothing',
      inLab(makeLab, async ({ hosts: [{ clock }] }) => {
        let ran = 0;
        const cancelled = clock.after(1, () => ran++);
        cancelled.cancel();
        cancelled.cancel();
        const finished = clock.after(1, () => (ran += 10));
        await pause(clock, 10);
        finished.cancel();
        expect(ran).toBe(10);
      }),
    );

    test(
      'a task can cancel one that is due with it',
      inLab(makeLab, async ({ hosts: [{ clock }] }) => {
        let ran = false;
        let victim: Timer | undefined;
        clock.after(5, () => victim?.cancel());
        victim = clock.after(5, () => {
          ran = true;
        });
        await pause(clock, 20);
        expect(ran).toBe(false);
      }),
    );

    test(
      'a task can set others',
      inLab(makeLab, async ({ hosts: [{ clock }] }) => {
        let depth = 0;
        await new Promise<void>((resolve) => {
          const next = (): void => void (++depth === 5 ? resolve() : clock.after(0, next));
          clock.after(0, next);
        });
        expect(depth).toBe(5);
      }),
    );
  });
}
