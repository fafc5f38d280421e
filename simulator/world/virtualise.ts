import { current, type VirtualGlobals } from './current.ts';

// biome-ignore lint/suspicious/noExplicitAny: functions of every shape pass through here
type AnyFunction = (...args: any[]) => unknown;

/**
 * Gives the function `name` of every holder a second life: while a world is current `virtual` answers, else the real
 * function as ever. The properties of the real one (`length`, `util.promisify.custom`, ...) are kept.
 *
 * @returns the real function
 */
export function virtualise<F extends AnyFunction>(
  holders: readonly object[],
  name: string,
  virtual: (world: VirtualGlobals, ...args: Parameters<F>) => unknown,
): F {
  return substitute<F>(holders, name, (real) => {
    return function (this: unknown, ...args: Parameters<F>): unknown {
      const world = current;
      if (world === undefined) return Reflect.apply(real, this, args);
      world.globalsUsed.set(name, (world.globalsUsed.get(name) ?? 0) + 1);
      return virtual(world, ...args);
    } as F;
  });
}

/**
 * Puts what `make` turns the function into in its place.
 *
 * @returns the real function
 */
export function substitute<F extends AnyFunction>(holders: readonly object[], name: string, make: (real: F) => F): F {
  const real: F = Reflect.get(holders[0]!, name);
  const value = make(real);
  for (const key of Reflect.ownKeys(real)) {
    if (key !== 'prototype') Object.defineProperty(value, key, Object.getOwnPropertyDescriptor(real, key)!);
  }
  for (const holder of holders) {
    const enumerable = Object.getOwnPropertyDescriptor(holder, name)?.enumerable ?? true;
    Object.defineProperty(holder, name, { value, writable: true, configurable: true, enumerable });
  }
  return real;
}
