import { setFlagsFromString } from 'node:v8';
import type { ResourceLimits } from 'node:worker_threads';

/** Megabytes of each half of a nursery, from the start. */
const FIRST_NURSERY_MB = 16;

/**
 * The heap of a thread that runs trials. Almost all that a trial makes dies with it; but the nursery of V8 starts with
 * 1 MB, so that it would be emptied in the middle of every trial, and copy what lives.
 */
export function trialHeap(): ResourceLimits {
  setFlagsFromString(`--min-semi-space-size=${FIRST_NURSERY_MB}`);
  return { maxYoungGenerationSizeMb: 12 * FIRST_NURSERY_MB };
}
