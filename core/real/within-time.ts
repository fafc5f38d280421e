import { NetError } from '../net/error.ts';

/**
 * What the work comes to, if it does so in time. The work itself goes on.
 *
 * @param what it is, for the error's text
 * @throws NetError ETIMEDOUT, or what the work throws
 */
export function withinTime<T>(work: Promise<T>, what: string, timeoutMs: number): Promise<T> {
  return new Promise((done, fail) => {
    const late = () => fail(new NetError('ETIMEDOUT', `${what} took more than ${timeoutMs} ms`));
    const timer = setTimeout(late, timeoutMs);
    work.then(done, fail).finally(() => clearTimeout(timer));
  });
}
