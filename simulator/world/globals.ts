import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { patchClock } from './globals-clock.ts';
import { patchEntropy } from './globals-entropy.ts';
import { worldNextTick } from './globals-ticks.ts';
import { patchTimers } from './globals-timers.ts';

let installed = false;

/** Has {@link installGlobals} been called? */
export function globalsInstalled(): boolean {
  return installed;
}

/**
 * Replaces the process's timers, clocks and sources of randomness, once and for all, by functions that follow the world
 * whose loop is running and are the real ones whenever none is. Unmodified libraries then live in virtual time.
 *
 * Call it before such a library is imported: some keep the functions that they find at load.
 */
export function installGlobals(): void {
  if (installed) return;
  installed = true;
  patchTimers(globalThis, timers, timersPromises);
  process.nextTick = worldNextTick;
  patchClock(globalThis, process, performance);
  patchEntropy(globalThis.crypto, crypto, Math);
  syncBuiltinESMExports();
}
