import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { trialHeap } from '../lab-cli/pool/trial-heap.ts';
import type { Row } from './row.ts';

/** Whole trials of the classic matrix, MQTT.js and aedes included, on one thread with the heap of `lab run`'s. */
export async function raceTrialRows(): Promise<Row[]> {
  const thread = new Worker(new URL('./race-thread.js', import.meta.url), { resourceLimits: trialHeap() });
  const [value] = (await once(thread, 'message')) as [number];
  return [{ name: 'race trials of the classic matrix, one core', unit: 'trials/s', value }];
}
