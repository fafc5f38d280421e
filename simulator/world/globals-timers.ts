import type nodeTimers from 'node:timers';
import type nodeTimersPromises from 'node:timers/promises';
import { current, type VirtualGlobals } from './current.ts';
import { VirtualImmediate, VirtualTimer } from './virtual-timer.ts';
import { substitute, virtualise } from './virtualise.ts';

type Callback = (...args: unknown[]) => void;
type SetTimer = (callback: Callback, delay?: unknown, ...args: unknown[]) => unknown;
type SetImmediate = (callback: Callback, ...args: unknown[]) => unknown;
type Clear = (timer: unknown) => void;
type WaitOptions = { readonly signal?: AbortSignal } | undefined;

/** Timers, immediates, their promise forms, and `AbortSignal.timeout`. */
export function patchTimers(
  globals: typeof globalThis,
  timers: typeof nodeTimers,
  promises: typeof nodeTimersPromises,
): void {
  const both = [globals, timers];
  virtualise<SetTimer>(both, 'setTimeout', (world, callback, delay, ...args) => {
    return new VirtualTimer(world, checked(callback), delay, args, false);
  });
  virtualise<SetTimer>(both, 'setInterval', (world, callback, delay, ...args) => {
    return new VirtualTimer(world, checked(callback), delay, args, true);
  });
  virtualise<SetImmediate>(both, 'setImmediate', (world, callback, ...args) => {
    return new VirtualImmediate(world.scheduler, checked(callback), args);
  });
  for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate']) substitute(both, name, clear);
  patchPromises(promises); // util.promisify looks there as well
  virtualise([globals.AbortSignal], 'timeout', abortAfter);
}

/** A timer knows where it belongs; a number belongs to the world that asks. */
function clear(real: Clear): Clear {
  return (timer) => {
    if (timer instanceof VirtualTimer) timer.close();
    else if (timer instanceof VirtualImmediate) timer.clear();
    else if (current && typeof timer !== 'object') current.numberedTimers.get(Number(timer))?.close();
    else real(timer);
  };
}

function patchPromises(promises: typeof nodeTimersPromises): void {
  virtualise([promises], 'setTimeout', (world, delay: unknown, value: unknown, options: WaitOptions) => {
    return waiting(options?.signal, value, (done) => {
      const timer = new VirtualTimer(world, done, delay, [], false);
      return () => timer.close();
    });
  });
  virtualise([promises], 'setImmediate', (world, value: unknown, options: WaitOptions) => {
    return waiting(options?.signal, value, (done) => {
      const immediate = new VirtualImmediate(world.scheduler, done, []);
      return () => immediate.clear();
    });
  });
  virtualise([promises], 'setInterval', () => refuse('setInterval'));
  const scheduler: object = Reflect.get(promises, 'scheduler');
  for (const name of ['wait', 'yield']) virtualise([Object.getPrototypeOf(scheduler)], name, () => refuse(name));
}

function waiting(
  signal: AbortSignal | undefined,
  value: unknown,
  start: (done: () => void) => () => void,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      stop();
      const error = new Error('The operation was aborted', { cause: signal?.reason });
      reject(Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' }));
    };
    const stop = start(() => {
      signal?.removeEventListener('abort', fail);
      resolve(value);
    });
    if (signal?.aborted) fail();
    else signal?.addEventListener('abort', fail, { once: true });
  });
}

function abortAfter(world: VirtualGlobals, delay: number): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  new VirtualTimer(world, abort, delay, [], false);
  return controller.signal;
}

function checked(callback: unknown): Callback {
  if (typeof callback === 'function') return callback as Callback;
  const error = new TypeError('The "callback" argument must be of type function');
  throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
}

function refuse(name: string): never {
  throw new Error(`${name} of node:timers/promises does not exist in a simulated world`);
}
