import { Worker } from 'node:worker_threads';
import { trialHeap } from '../pool/trial-heap.ts';
import type { TrialWorkerData } from '../pool/trial-worker.ts';
import type { ResolvedScenario } from '../scenario/types.ts';
import type { RunWorld } from './run-world.ts';

/**
 * Threads, each with a simulated network for every trial.
 * @param pluginFiles with plugins of people's own
 */
export function simulatedWorld(scenario: ResolvedScenario, pluginFiles: readonly string[]): RunWorld {
  return {
    name: 'sim',
    versions: {},
    startWorker: (_work, shard, halt) => {
      // Only compiled code can start a thread: Node 20 runs no TypeScript.
      const file = new URL('../pool/trial-worker.js', import.meta.url);
      const workerData: TrialWorkerData = { scenario, shard, halt, pluginFiles };
      return new Worker(file, { workerData, resourceLimits: trialHeap() });
    },
  };
}
