import { join } from 'node:path';
import type { PluginFile, RunInfo, WorldName } from '../../reports/schema.ts';
import type { Console } from '../console.ts';
import { loadEngine } from '../engine.ts';
import { defaultWorkers } from '../options.ts';
import type { WorkerPool } from '../pool/worker-pool.ts';
import { type Shard, WHOLE, Workload } from '../pool/workload.ts';
import { OutputDirectory } from '../run/output-directory.ts';
import { formatSeconds, ProgressLine } from '../run/progress.ts';
import { makeReport } from '../run/report.ts';
import { runMatrix } from '../run/run-matrix.ts';
import type { RunWorld } from '../run/run-world.ts';
import { simulatedWorld } from '../run/simulated-world.ts';
import { changeScenario, type ScenarioChanges } from '../scenario/change-scenario.ts';
import { loadScenario, type Vocabulary } from '../scenario/load-scenario.ts';
import { readScenario } from '../scenario/read-scenario.ts';
import { selectCells } from '../scenario/select-cells.ts';
import type { ResolvedScenario } from '../scenario/types.ts';
import { withoutPlugins } from '../scenario/without-plugins.ts';
import { vocabulary } from '../vocabulary.ts';
import { describeRun } from './describe-run.ts';

export interface RunOptions extends ScenarioChanges {
  readonly output?: string;
  readonly seed?: number;
  readonly trials?: number;
  /** @default what the machine's processors have time for */
  readonly workers?: number;
  readonly onlyCell?: string;
  readonly shard?: Shard;
  readonly check?: true;
  /** Files with plugins of people's own. */
  readonly plugin?: readonly string[];
  /** Plugins of the scenario that take no part. @default none */
  readonly without?: readonly string[];
  /** @default 'sim' */
  readonly on?: WorldName;
}

/** `lab run`. @returns the exit code */
export async function run(file: string, options: RunOptions, console: Console): Promise<number> {
  const { knownPlugins, pluginFiles } = await loadEngine(options.plugin);
  const { yaml, scenario } = changed(file, options, vocabulary(knownPlugins()));
  const { shard = WHOLE, without = [], on = 'sim' } = options;
  const workers = options.workers ?? defaultWorkers(on, scenario.mode);
  if (without.length === 0) noteUnused(pluginFiles, scenario, console);
  const { size } = new Workload(scenario, shard);
  const description = `${describeRun(scenario, size, shard, { workers, world: on })}\n`;
  if (options.check) {
    console.out.write(`${description}${scenario.cells.map(({ id }) => `${id}\n`).join('')}`);
    return 0;
  }
  const files = pluginFiles.map(({ path }) => path);
  const world = await worldOf(on, scenario, files);
  const directory = new OutputDirectory(options.output ?? join('out', scenario.name));
  console.err.write(description);
  const line = new ProgressLine(console.err, console.errColors);
  const info = await interruptible(console, (hold) =>
    runMatrix({
      scenario,
      yaml,
      shard,
      workers,
      pluginFiles,
      without,
      directory,
      world,
      progress: (state) => line.draw(state),
      interruptible: hold,
    }),
  ).finally(() => line.clear());
  if (!info) {
    console.err.write('Interrupted before the first result: nothing is written.\n');
    return 130;
  }
  return conclude(info, directory.path, console);
}

async function worldOf(name: WorldName, scenario: ResolvedScenario, pluginFiles: readonly string[]): Promise<RunWorld> {
  if (name === 'sim') return simulatedWorld(scenario, pluginFiles);
  const { kernelWorld } = await import('../kernel/kernel-world.ts');
  return kernelWorld(scenario, pluginFiles);
}

/** The scenario of a file, and its text, as the options would have it. */
function changed(file: string, options: RunOptions, words: Vocabulary): { yaml: string; scenario: ResolvedScenario } {
  const written = readScenario(file);
  const whole = loadScenario(written, file, words);
  const yaml = changeScenario(written, options, words);
  return { yaml, scenario: withOptions(yaml === written ? whole : loadScenario(yaml, file, words), options) };
}

function withOptions(scenario: ResolvedScenario, options: RunOptions): ResolvedScenario {
  const { seed = scenario.seed, trials = scenario.trials, onlyCell, without = [] } = options;
  const changed = { ...withoutPlugins(scenario, without), seed, trials };
  return onlyCell === undefined ? changed : selectCells(changed, onlyCell);
}

/** A plugin that was loaded and takes no part is most likely an oversight. */
function noteUnused(files: readonly PluginFile[], { plugins }: ResolvedScenario, { err, errColors }: Console): void {
  const used = new Set(plugins.map(({ name }) => name));
  for (const name of files.flatMap((file) => file.plugins).filter((name) => !used.has(name))) {
    err.write(`${errColors.yellow('note')}: the scenario lists its plugins, and ${name} is not among them\n`);
  }
}

/** While `work` runs, a first Ctrl-C halts it and a second one kills it. */
async function interruptible<T>(
  console: Console,
  work: (hold: (pool: Pick<WorkerPool<unknown>, 'halt' | 'kill'>) => void) => Promise<T>,
): Promise<T> {
  let interrupt = (): void => {};
  const listener = () => interrupt();
  process.on('SIGINT', listener);
  try {
    return await work((pool) => {
      let interrupts = 0;
      interrupt = () => {
        if (++interrupts > 1) return pool.kill();
        console.err.write('\nLetting the running trials end; interrupt once more to stop at once.\n');
        pool.halt();
      };
    });
  } finally {
    process.off('SIGINT', listener);
  }
}

async function conclude(info: RunInfo, directory: string, console: Console): Promise<number> {
  const { out, outColors: colors, err } = console;
  const file = join(directory, 'report.html');
  const summary = await makeReport([directory], file);
  out.write(`${summary}\n\n`);
  for (const { text, met, found } of info.expectations) {
    out.write(`${met ? colors.green('met   ') : colors.red('FAILED')} ${text}: ${found}\n`);
  }
  const { trials } = info.totals;
  const seconds = info.wallMs / 1000;
  err.write(
    `${trials} trials in ${formatSeconds(seconds)}, ${(trials / Math.max(seconds, 0.001)).toFixed(0)} trials/s\n`,
  );
  out.write(`Report: ${file}\n`);
  if (info.interrupted) {
    err.write(`Interrupted: ${directory} holds what was finished.\n`);
    return 130;
  }
  return info.expectations.every(({ met }) => met) ? 0 : 1;
}
