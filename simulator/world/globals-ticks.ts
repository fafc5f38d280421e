import { current, type VirtualGlobals } from './current.ts';

type Callback = (...args: unknown[]) => void;

const realNextTick = process.nextTick;

/**
 * In place of `process.nextTick`. Ticks stay what they are, since the drain runs them, but they belong to the world
 * that asked: one that throws is its crash, and one that outlives it does nothing. Left to itself an exception would
 * leave the drain half way, with the runtime's async context stack corrupted, and that ends the process.
 */
export function worldNextTick(callback: Callback, ...args: unknown[]): void {
  if (current === undefined || typeof callback !== 'function') realNextTick(callback, ...args);
  else realNextTick(guarded, current, callback, args);
}

function guarded(world: VirtualGlobals, callback: Callback, args: unknown[]): void {
  if (current !== world) return;
  try {
    callback(...args);
  } catch (error) {
    world.crash(error);
  }
}
