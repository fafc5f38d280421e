import { getMaxListeners, setMaxListeners } from 'node:events';

/**
 * Runs a task for each item at once and yields the first that succeeds; the others are called off.
 *
 * @param outer calls all of them off
 * @throws Error with every reason once all have failed
 */
export async function firstSuccess<I, T>(
  items: readonly I[],
  task: (item: I, signal: AbortSignal) => Promise<T>,
  what: string,
  outer: AbortSignal,
): Promise<T> {
  if (items.length === 0) throw new Error(`no ${what}`);
  const others = new AbortController();
  // Each task waits for several things at a time: so many listeners are no leak.
  for (const signal of [others.signal, outer]) {
    const most = getMaxListeners(signal);
    if (most > 0) setMaxListeners(Math.max(most, 10 + 4 * items.length), signal); // 0: as many as there are.
  }
  const callOff = () => others.abort(outer.reason);
  outer.addEventListener('abort', callOff, { once: true });
  try {
    return await Promise.any(items.map((item) => task(item, others.signal)));
  } catch (error) {
    if (!(error instanceof AggregateError)) throw error;
    const reasons = error.errors.map((each: Error) => each.message);
    throw new Error([...new Set(reasons)].join('; '));
  } finally {
    outer.removeEventListener('abort', callOff);
    others.abort(new Error('another one was faster'));
  }
}
