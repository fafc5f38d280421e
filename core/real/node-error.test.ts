import { expect, test } from 'vitest';
import { NetError } from '../net/error.ts';
import { netError } from './node-error.ts';

test.each([
  ['ECONNREFUSED', 'ECONNREFUSED'],
  ['EADDRINUSE', 'EADDRINUSE'],
  ['EPERM', 'EACCES'],
  ['EAFNOSUPPORT', 'EADDRNOTAVAIL'],
  ['EMFILE', 'ENOBUFS'],
  ['EPROTO', 'EPROTO'],
  ['ENOTTY', 'EINVAL'],
])('%s of the system is %s, with its cause and words', (code, expected) => {
  const cause = Object.assign(new Error('connect failed'), { code });
  const error = netError(cause);
  expect(error).toBeInstanceOf(NetError);
  expect([error.code, error.message, error.cause]).toEqual([expected, 'connect failed', cause]);
});

test('what is a NetError stays the same one, and what is no error at all still becomes one', () => {
  const error = new NetError('ETIMEDOUT');
  expect(netError(error)).toBe(error);
  expect(netError('odd').code).toBe('EINVAL');
  expect(netError(undefined).code).toBe('EINVAL');
});
