import type { Outcome, PluginFile, RunInfo } from '../../reports/schema.ts';
import { WorkerPool } from '../pool/worker-pool.ts';
import { type Shard, Workload } from '../pool/workload.ts';
import type { ResolvedScenario } from '../scenario/types.ts';
import type { TrialSpec } from '../trial/trial-spec.ts';
import { ExpectationJudge } from './expectation-judge.ts';
import { type FinishedTrial, finishedTrial } from './finished-trial.ts';
import type { OutputDirectory } from './output-directory.ts';
import type { RunState } from './progress.ts';
import { crashedResult } from './result-line.ts';
import { runInfo } from './run-info.ts';
import type { RunWorld } from './run-world.ts';

export interface MatrixRun {
  readonly scenario: ResolvedScenario;
  /** The scenario file, word for word. */
  readonly yaml: string;
  readonly shard: Shard;
  readonly workers: number;
  /** Files with plugins of people's own. */
  readonly pluginFiles: readonly PluginFile[];
  /** Plugins of the file that take no part. */
  readonly without: readonly string[];
  readonly directory: OutputDirectory;
  /** Where the trials run. */
  readonly world: RunWorld;
  /** Called for every line of the results. */
  progress(state: RunState): void;
  /** Called once, with what a person may use to end the run early. */
  interruptible(pool: Pick<WorkerPool<unknown>, 'halt' | 'kill'>): void;
}

/**
 * Runs every trial of a scenario and leaves the run in its directory.
 *
 * @returns undefined if the run was interrupted before its first result; then the directory is as it was
 */
export async function runMatrix(run: MatrixRun): Promise<RunInfo | undefined> {
  const { scenario, shard, workers, directory, pluginFiles, without, world } = run;
  const work = new Workload(scenario, shard);
  const counts = new RunCounts(work.size, scenario.cells.length);
  const judge = new ExpectationJudge(scenario);
  const startedAt = new Date();
  const startMs = performance.now();
  const pool = new WorkerPool<FinishedTrial>({
    size: work.size,
    workers,
    start: (halt) => world.startWorker(work, shard, halt),
    ...(world.patienceMs !== undefined && { patienceMs: world.patienceMs }),
    crashed: (index, error) => finishedTrial(crashedResult(work.at(index), error)),
    emit: (index, finished) => {
      directory.append(finished.line);
      const spec = work.at(index);
      judge.add(spec, finished);
      counts.add(spec, finished);
      run.progress(counts.state(performance.now() - startMs));
    },
  });
  run.interruptible(pool);
  try {
    const complete = await pool.run();
    if (!complete && counts.lines === 0) {
      directory.discard();
      return undefined;
    }
    const wallMs = performance.now() - startMs;
    // Of a part of the trials no expectation can be judged.
    const expectations = complete ? judge.verdicts() : [];
    const { outcomes } = counts;
    const outcome = {
      interrupted: !complete,
      outcomes,
      expectations,
      startedAt,
      wallMs,
      workers,
      pluginFiles,
      without,
    };
    const info = runInfo(scenario, run.yaml, outcome, world);
    directory.commit(info);
    return info;
  } catch (error) {
    directory.discard();
    throw error;
  }
}

class RunCounts {
  readonly outcomes = new Map<Outcome, number>();
  lines = 0;
  readonly #linesInAll: number;
  readonly #cellsInAll: number;
  #lastCell = '';
  #cells = 0;

  constructor(linesInAll: number, cellsInAll: number) {
    this.#linesInAll = linesInAll;
    this.#cellsInAll = cellsInAll;
  }

  add({ cell: { id } }: TrialSpec, { outcome }: FinishedTrial): void {
    this.lines++;
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    if (id !== this.#lastCell) this.#cells++;
    this.#lastCell = id;
  }

  state(elapsedMs: number): RunState {
    return {
      lines: this.lines,
      linesInAll: this.#linesInAll,
      cells: this.#cells,
      cellsInAll: this.#cellsInAll,
      connected: this.outcomes.get('connected') ?? 0,
      elapsedMs,
    };
  }
}
