import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../lab-cli/package-root.ts';
import { Workload } from '../lab-cli/pool/workload.ts';
import { OutputDirectory } from '../lab-cli/run/output-directory.ts';
import { resultLine } from '../lab-cli/run/result-line.ts';
import { runInfo } from '../lab-cli/run/run-info.ts';
import { loadScenario } from '../lab-cli/scenario/load-scenario.ts';
import { withoutPlugins } from '../lab-cli/scenario/without-plugins.ts';
import { knownPlugins, runTrial } from '../lab-cli/trial/run-trial.ts';
import { vocabulary } from '../lab-cli/vocabulary.ts';
import type { TrialResult } from '../reports/schema.ts';
import { judgeRun } from './matrices.ts';

const yaml = readFileSync(join(packageRoot(), 'scenarios/shapes-nat64.yaml'), 'utf8');
const whole = loadScenario(yaml, 'shapes-nat64.yaml', vocabulary(knownPlugins()));
const WITHOUT = ['turn-relay'];
const dir = mkdtempSync(join(tmpdir(), 'punchlab-'));
const results: TrialResult[] = [];

/** @param without as the run notes it, whatever took part */
function written(name: string, without: readonly string[]): string {
  const directory = join(dir, name);
  const output = new OutputDirectory(directory);
  for (const result of results) output.append(resultLine(result));
  const ending = { interrupted: false, expectations: [], startedAt: new Date(0), wallMs: 0, workers: 1 };
  output.commit(runInfo(whole, yaml, { ...ending, without, outcomes: new Map() }));
  return directory;
}

describe('a run without its relay', () => {
  beforeAll(async () => {
    const work = new Workload({ ...withoutPlugins(whole, WITHOUT), trials: 1 });
    for (let index = 0; index < work.size; index++) results.push(await runTrial(work.at(index)));
  }, 120_000);
  afterAll(() => rmSync(dir, { recursive: true }));

  it('is judged by what the others can do', async () => {
    const { kinds, against } = await judgeRun(written('noted', WITHOUT));
    expect(against).toEqual([]);
    expect(kinds.impossible).toEqual({ cases: 9, trials: 9, connected: 0 });
  });

  it('is against theory where the relay is thought to take part, and the command to replay says where it is', async () => {
    const directory = written('not noted', []);
    const { against } = await judgeRun(directory);
    expect(against).toHaveLength(9);
    for (const command of against) expect(command).toMatch(`lab replay '${directory}#`);
  });
});
