import { expect, it } from 'vitest';
import { EarlyMessages } from './early-messages.ts';

const [alice, bob] = [Buffer.alloc(33, 1), Buffer.alloc(33, 2)];
const id = (byte: number) => Buffer.alloc(16, byte);
const message = (byte: number) => ({ sessionId: id(byte), entries: [], close: true });

function held() {
  let nowUs = 0;
  const early = new EarlyMessages({ now: () => nowUs });
  return { early, wait: (ms: number) => (nowUs += ms * 1000) };
}

it('gives a session what its own peer sent, once, in order', () => {
  const { early } = held();
  const [first, second] = [message(1), message(1)];
  for (const each of [first, second]) early.hold(alice, each);
  early.hold(bob, message(1));
  early.hold(alice, message(2));
  const taken = early.take(alice, id(1));
  expect([taken[0] === first, taken[1] === second, taken.length]).toEqual([true, true, 2]);
  expect(early.take(alice, id(1))).toEqual([]);
  expect(early.take(bob, id(1)).length).toBe(1);
});

it('holds a few messages, a few of each peer, and not for long', () => {
  const { early, wait } = held();
  for (let count = 0; count < 10; count++) early.hold(alice, message(1));
  expect(early.take(alice, id(1)).length).toBe(4);
  for (let peer = 0; peer < 50; peer++) early.hold(Buffer.alloc(33, peer), message(1));
  const kept = Array.from({ length: 50 }, (_, peer) => early.take(Buffer.alloc(33, peer), id(1)).length);
  expect(kept.reduce((sum, count) => sum + count)).toBe(32);
  expect(kept.slice(0, 32).every((count) => count === 1)).toBe(true);
  early.hold(alice, message(1));
  wait(10_000);
  expect(early.take(alice, id(1))).toEqual([]);
});
