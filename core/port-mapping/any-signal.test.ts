import { expect, it } from 'vitest';
import { anySignal } from './any-signal.ts';

it('fires with the first, and with its reason', () => {
  const [one, two] = [new AbortController(), new AbortController()];
  const any = anySignal(one.signal, two.signal);
  expect(any.aborted).toBe(false);
  two.abort('second');
  one.abort('first');
  expect([any.aborted, any.reason]).toEqual([true, 'second']);
});

it('has fired if one has', () => {
  const one = new AbortController();
  one.abort('before');
  expect(anySignal(new AbortController().signal, one.signal).reason).toBe('before');
});
