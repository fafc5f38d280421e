import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RealClock } from './real-clock.ts';

const DAY_MS = 86_400_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

test('a delay beyond the 24.8 days of setTimeout is kept', () => {
  const task = vi.fn();
  new RealClock().after(60 * DAY_MS, task);
  vi.advanceTimersByTime(60 * DAY_MS - 1);
  expect(task).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2);
  expect(task).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

test('it can be cancelled at any time', () => {
  const task = vi.fn();
  const timer = new RealClock().after(60 * DAY_MS, task);
  vi.advanceTimersByTime(30 * DAY_MS);
  timer.cancel();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(60 * DAY_MS);
  expect(task).not.toHaveBeenCalled();
});
