import { createHash } from 'node:crypto';

/**
 * The seed of one trial, 16 hexadecimal digits. It depends on nothing but these three, so a new cell, another plugin
 * set or another order never changes what a trial meets.
 */
export function trialSeed(runSeed: number, cellId: string, trial: number): string {
  return createHash('sha256').update(`${runSeed}\n${cellId}\n${trial}`).digest('hex').slice(0, 16);
}
