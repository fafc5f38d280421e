import { parentPort, workerData } from 'node:worker_threads';
import { loadEngine } from '../engine.ts';
import { type FinishedTrial, finishedTrial } from '../run/finished-trial.ts';
import { crashedResult } from '../run/result-line.ts';
import type { ResolvedScenario } from '../scenario/types.ts';
import type { TrialSpec } from '../trial/trial-spec.ts';
import { type Assignment, HaltFlag, type Report } from './protocol.ts';
import { type Shard, Workload } from './workload.ts';

/** What a worker starts with. */
export interface TrialWorkerData {
  readonly scenario: ResolvedScenario;
  readonly shard: Shard;
  readonly halt: SharedArrayBuffer;
  /** Files with plugins of people's own. */
  readonly pluginFiles: readonly string[];
}

// Attempts that fail and dials that are given up make errors by the dozen in every trial, and a result keeps of an error
// only its first line: the stacks would cost a tenth of the time. `lab replay` has them.
Error.stackTraceLimit = 0;

const { scenario, shard, halt: memory, pluginFiles } = workerData as TrialWorkerData;
const { runTrial } = await loadEngine(pluginFiles);
const work = new Workload(scenario, shard);
const halt = new HaltFlag(memory);

async function run(spec: TrialSpec): Promise<FinishedTrial> {
  try {
    return finishedTrial(await runTrial(spec));
  } catch (error) {
    return finishedTrial(crashedResult(spec, error));
  }
}

function report(message: Report<FinishedTrial>): void {
  parentPort!.postMessage(message);
}

parentPort!.on('message', async ({ first, end }: Assignment) => {
  for (let index = first; index < end; index++) {
    if (halt.raised) {
      report({ kind: 'halted' });
      return;
    }
    report({ kind: 'done', index, value: await run(work.at(index)) });
  }
});
report({ kind: 'ready' });
