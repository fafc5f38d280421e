import { describe, expect, it } from 'vitest';
import { World } from '../../simulator/world/world.ts';
import type { Clock } from '../ports/index.ts';
import { sleep } from '../ports/sleep.ts';
import { Nomination } from './nomination.ts';

/** Runs a body in virtual time. */
async function inWorld(body: (clock: Clock) => Promise<void>): Promise<void> {
  const world = new World({ seed: 'nomination' });
  const clock: Clock = {
    now: () => world.now,
    wallMs: () => 0,
    after: (ms, task) => world.scheduler.timer(ms * 1000, task),
  };
  const result = await world.run(() => body(clock));
  if (result.outcome === 'crashed') throw result.error;
  expect(result.outcome).toBe('done');
}

function watched(promise: Promise<void>) {
  const state = { granted: false };
  void promise.then(() => {
    state.granted = true;
  });
  return state;
}

describe('Nomination', () => {
  it('takes one path at a time, in the order in which they were proved', () =>
    inWorld(async (clock) => {
      const nomination = new Nomination(clock, 2, 3000);
      const [first, second] = [{}, {}];
      const one = watched(nomination.request(first, 'direct'));
      const two = watched(nomination.request(second, 'direct'));
      await sleep(clock, 1);
      expect([one.granted, two.granted]).toEqual([true, false]);
      nomination.release(first);
      await sleep(clock, 1);
      expect(two.granted).toBe(true);
    }));

  it('lets a direct path overtake a relayed one that waits', () =>
    inWorld(async (clock) => {
      const nomination = new Nomination(clock, 1, 3000);
      const relayed = watched(nomination.request({}, 'relayed'));
      await sleep(clock, 100);
      const direct = watched(nomination.request({}, 'direct'));
      await sleep(clock, 5000);
      expect([direct.granted, relayed.granted]).toEqual([true, false]);
    }));

  it('takes a relayed path at once when no direct attempt is left', () =>
    inWorld(async (clock) => {
      const nomination = new Nomination(clock, 1, 3000);
      const relayed = watched(nomination.request({}, 'relayed'));
      await sleep(clock, 10);
      nomination.withdraw('direct');
      await sleep(clock, 1);
      expect(relayed.granted).toBe(true);
    }));

  it('takes a relayed path after the hold even though direct attempts go on', () =>
    inWorld(async (clock) => {
      const nomination = new Nomination(clock, 1, 3000);
      const relayed = watched(nomination.request({}, 'relayed'));
      await sleep(clock, 2999);
      expect(relayed.granted).toBe(false);
      await sleep(clock, 2);
      expect(relayed.granted).toBe(true);
    }));

  it('forgets a path that broke while it waited', () =>
    inWorld(async (clock) => {
      const nomination = new Nomination(clock, 2, 3000);
      const [holder, broken] = [{}, {}];
      await nomination.request(holder, 'direct');
      const waiting = watched(nomination.request(broken, 'direct'));
      nomination.release(broken);
      nomination.release(holder);
      await sleep(clock, 1);
      expect(waiting.granted).toBe(false);
    }));
});
