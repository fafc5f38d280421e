import { installGlobals } from '../simulator/world/globals.ts';

/**
 * Loads what runs trials, with all that it brings along. Late on purpose: the libraries in it keep the timers that they
 * find at load, and a command that runs no trial should not wait for them.
 */
export async function loadEngine(): Promise<typeof import('./trial/run-trial.ts')> {
  installGlobals();
  return import('./trial/run-trial.ts');
}
