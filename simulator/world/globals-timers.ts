import type nodeTimers from 'node:timers';
import type nodeTimersPromises from 'node:timers/promises';
import { promisify } from 'node:util';
import { current } from './current.ts';
import { replace } from './replace.ts';
import { VirtualImmediate, VirtualTimer } from './virtual-timer.ts';

type Callback = (...args: unknown[]) => void;
type Set = (callback: Callback, ...args: unknown[]) => unknown;
type Clear = (timer: unknown) => void;
type Wait = (delay: unknown, value: unknown, options?: { signal?: AbortSignal }) => Promise<unknown>;
type WaitImmediate = (value: unknown, options?: { signal?: AbortSignal }) => Promise<unknown>;

/** Timers, immediates, their promise forms, and `AbortSignal.timeout`. */
export function patchTimers(
  globals: typeof globalThis,
  timers: typeof nodeTimers,
  promises: typeof nodeTimersPromises,
): void {
  const setTimer = (real: Set, repeats: boolean): Set => {
    return (callback, delay, ...args) => {
      // The real function knows best how to refuse what is no callback.
      if (!current || typeof callback !== 'function') return real(callback, delay, ...args);
      return new VirtualTimer(current, callback, delay, args, repeats);
    };
  };
  const setImmediate = (real: Set): Set => {
    return (callback, ...args) => {
      if (!current || typeof callback !== 'function') return real(callback, ...args);
      return new VirtualImmediate(current.scheduler, callback, args);
    };
  };
  const clear = (real: Clear): Clear => {
    return (timer) => {
      if (timer instanceof VirtualTimer) timer.close();
      else if (timer instanceof VirtualImmediate) timer.clear();
      else if (current && typeof timer !== 'object') current.numberedTimers.get(Number(timer))?.close();
      else real(timer);
    };
  };

  patchPromises(promises);
  const both = [globals, timers];
  replace(both, 'setTimeout', (real: Set) => promisable(setTimer(real, false), () => promises.setTimeout));
  replace(both, 'setInterval', (real: Set) => setTimer(real, true));
  replace(both, 'setImmediate', (real: Set) => promisable(setImmediate(real), () => promises.setImmediate));
  for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate']) replace(both, name, clear);
  replace([globals.AbortSignal], 'timeout', (real: (delay: number) => AbortSignal) => (delay) => {
    return current ? abortAfter(delay) : Reflect.apply(real, globals.AbortSignal, [delay]);
  });

  function abortAfter(delay: number): AbortSignal {
    const controller = new AbortController();
    const abort = () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    new VirtualTimer(current!, abort, delay, [], false);
    return controller.signal;
  }
}

function patchPromises(promises: typeof nodeTimersPromises): void {
  replace(
    [promises],
    'setTimeout',
    (real: Wait): Wait =>
      (delay, value, options) => {
        const world = current;
        if (!world) return real(delay, value, options);
        return waiting(options?.signal, value, (done) => {
          const timer = new VirtualTimer(world, done, delay, [], false);
          return () => timer.close();
        });
      },
  );
  replace(
    [promises],
    'setImmediate',
    (real: WaitImmediate): WaitImmediate =>
      (value, options) => {
        const world = current;
        if (!world) return real(value, options);
        return waiting(options?.signal, value, (done) => {
          const immediate = new VirtualImmediate(world.scheduler, done, []);
          return () => immediate.clear();
        });
      },
  );
  replace(
    [promises],
    'setInterval',
    (real: Callback): Callback =>
      (...args) => {
        if (current) throw new Error('setInterval of node:timers/promises does not exist in a simulated world');
        return real(...args);
      },
  );
}

function waiting(
  signal: AbortSignal | undefined,
  value: unknown,
  start: (done: () => void) => () => void,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      stop();
      reject(
        Object.assign(new Error('The operation was aborted', { cause: signal?.reason }), {
          code: 'ABORT_ERR',
          name: 'AbortError',
        }),
      );
    };
    const stop = start(() => {
      signal?.removeEventListener('abort', fail);
      resolve(value);
    });
    if (signal?.aborted) fail();
    else signal?.addEventListener('abort', fail, { once: true });
  });
}

function promisable(set: Set, promised: () => unknown): Set {
  return Object.defineProperty(set, promisify.custom, { enumerable: true, get: promised });
}
