import { expect, it } from 'vitest';
import { withinTime } from './within-time.ts';

it('does not wait for ever', async () => {
  const never = new Promise<void>(() => {});
  const error = { code: 'ETIMEDOUT', message: expect.stringContaining('the thing took more than 1 ms') };
  await expect(withinTime(never, 'the thing', 1)).rejects.toMatchObject(error);
});

it('gives what comes in time, and what fails', async () => {
  expect(await withinTime(Promise.resolve(7), 'the thing', 60_000)).toBe(7);
  await expect(withinTime(Promise.reject(new Error('no')), 'the thing', 60_000)).rejects.toThrow('no');
});
