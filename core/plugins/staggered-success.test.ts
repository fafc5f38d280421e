import { expect, test } from 'vitest';
import { SimHost, World } from '../../simulator/index.ts';
import { sleep } from '../ports/sleep.ts';
import { staggeredSuccess } from './staggered-success.ts';

interface Outcome {
  readonly starts: readonly number[];
  readonly winner: string;
  readonly calledOff: readonly string[];
}

/** Items such as `ok 300`: succeeds after so many ms; `bad 10` fails. */
async function race(items: readonly string[], abortAfterMs?: number): Promise<Outcome> {
  const world = new World({ seed: 'staggered' });
  const { clock } = new SimHost(world, 'host');
  const outer = new AbortController();
  const starts: number[] = [];
  const calledOff: string[] = [];
  const result = await world.run(async () => {
    if (abortAfterMs !== undefined) clock.after(abortAfterMs, () => outer.abort(new Error('given up')));
    const task = async (item: string, signal: AbortSignal): Promise<string> => {
      starts.push(world.now / 1000);
      const [kind, ms] = item.split(' ');
      signal.addEventListener('abort', () => calledOff.push(item));
      await sleep(clock, Number(ms), signal);
      if (kind === 'bad') throw new Error(item);
      return item;
    };
    const wait = (ms: number) => sleep(clock, ms, outer.signal);
    return staggeredSuccess(items, task, 'way', { outer: outer.signal, sleep: wait }).catch((e: Error) => e.message);
  });
  if (result.outcome !== 'done') throw new Error(result.outcome);
  return { starts, winner: result.value, calledOff };
}

test('the next begins 250 ms later (RFC 8305 section 8)', async () => {
  const { starts, winner } = await race(['ok 600', 'ok 500', 'ok 400', 'ok 300']);
  expect(starts).toEqual([0, 250, 500]);
  expect(winner).toBe('ok 600');
});

test('or at once when the one before it has failed', async () => {
  const { starts, winner } = await race(['bad 30', 'bad 40', 'ok 100']);
  expect(starts).toEqual([0, 30, 70]);
  expect(winner).toBe('ok 100');
});

test('a later one may win, and then nobody begins any more', async () => {
  const { starts, winner, calledOff } = await race(['ok 900', 'ok 100', 'ok 1', 'ok 1']);
  expect(starts).toEqual([0, 250]);
  expect([winner, calledOff]).toEqual(['ok 100', ['ok 900', 'ok 100']]);
});

test('fails with every reason, or when it is called off', async () => {
  expect((await race(['bad 10', 'bad 20'])).winner).toBe('bad 10; bad 20');
  expect((await race([])).winner).toBe('no way');
  const { starts, winner } = await race(['ok 900', 'ok 900', 'ok 900'], 300);
  expect(starts).toEqual([0, 250]);
  expect(winner).toContain('given up');
});
