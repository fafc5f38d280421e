import { openRun, type Run } from '../../reports/read-run.ts';
import type { PluginFile, TrialResult } from '../../reports/schema.ts';
import type { Console } from '../console.ts';
import { loadEngine } from '../engine.ts';
import { packageJson } from '../package-root.ts';
import { loadScenario } from '../scenario/load-scenario.ts';
import { InputError } from '../scenario/problem.ts';
import { withoutPlugins } from '../scenario/without-plugins.ts';
import { type TrialSpec, trialSpec } from '../trial/trial-spec.ts';
import { vocabulary } from '../vocabulary.ts';
import { parseReplayTarget } from './replay-target.ts';

export interface ReplayOptions {
  /** Files with plugins, instead of those that the run names. */
  readonly plugin?: readonly string[];
}

/** `lab replay`. @returns the exit code: 1 if the trial went another way than the run's */
export async function replay(text: string, options: ReplayOptions, console: Console): Promise<number> {
  const target = parseReplayTarget(text);
  const run = await openRun(target.directory);
  if ((run.info.world ?? 'sim') !== 'sim')
    throw new InputError(
      `${run.dir}: real packets are never twice the same: only what the simulator ran can be replayed`,
    );
  const stored = run.info.pluginFiles ?? [];
  const { knownPlugins, runTrial, pluginFiles } = await loadEngine(options.plugin ?? stored.map(({ path }) => path));
  warnOfChanges(stored, pluginFiles, console);
  const file = `scenario in ${target.directory}/run.json`;
  const { seed, trials, scenario: yaml, without = [] } = run.info;
  const whole = loadScenario(yaml, file, vocabulary(knownPlugins()));
  const scenario = { ...withoutPlugins(whole, without), seed, trials };
  const spec = trialSpec(scenario, target);
  const result = await storedResult(run, spec);
  warnOfVersions(run, console);
  const again = await runTrial(spec, { timeline: (line) => void console.out.write(`${line}\n`) });
  console.out.write(`${outcomeText(again)}\n`);
  if (again.traceHash === result.traceHash) {
    console.out.write(`${console.outColors.green('trace hash matches')} ${result.traceHash}\n`);
    return 0;
  }
  const differ = console.outColors.red('trace hash differs');
  console.out.write(`${differ}: the run has ${result.traceHash}, this is ${again.traceHash}\n`);
  return 1;
}

async function storedResult(run: Run, { cell, trial, only }: TrialSpec): Promise<TrialResult> {
  const { a, b, link } = cell.axes;
  for await (const line of run.trials()) {
    if (line.kind === 'torn' || line.trial.trial !== trial || line.trial.only !== only) continue;
    const { cell: axes } = line.trial;
    if (axes.a === a && axes.b === b && axes.link === link) return line.trial;
  }
  throw new InputError(`${run.dir} holds no result of trial ${trial} of ${cell.id}: it is only a part of the run`);
}

/** Another plugin of the same name is another strategy. */
function warnOfChanges(
  stored: readonly PluginFile[],
  loaded: readonly PluginFile[],
  { err, errColors }: Console,
): void {
  const known = new Set(stored.map(({ sha256 }) => sha256));
  for (const { path, sha256 } of loaded) {
    if (!known.has(sha256)) err.write(`${errColors.yellow('note')}: ${path} is not what the run was made with\n`);
  }
}

/** Another version may rightly give another trace. */
function warnOfVersions({ info }: Run, { err, errColors }: Console): void {
  const { version } = packageJson();
  const { punchlab = 'unknown' } = info.versions;
  if (punchlab === version) return;
  err.write(`${errColors.yellow('note')}: the run was made by version ${punchlab}, this is ${version}\n`);
}

function outcomeText(result: TrialResult): string {
  const { outcome, plugin, transport, path, connectMs, error } = result;
  const how = connectMs === null ? '' : ` by ${plugin} over ${transport}, ${path}, after ${connectMs.toFixed(1)} ms`;
  return `${outcome}${how}${error === undefined ? '' : `\n${error}`}`;
}
