import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { oracle } from '../../reports/oracle.ts';
import type { TrialResult } from '../../reports/schema.ts';
import { loadEngine } from '../engine.ts';
import { packageRoot } from '../package-root.ts';
import { ExpectationJudge } from '../run/expectation-judge.ts';
import { loadScenario } from '../scenario/load-scenario.ts';
import { trialSeed } from '../scenario/trial-seed.ts';
import type { ResolvedScenario } from '../scenario/types.ts';
import { vocabulary } from '../vocabulary.ts';
import { oracleQuestion } from './oracle-verdict.ts';
import type { TrialSpec } from './trial-spec.ts';

const { knownPlugins, runTrial } = await loadEngine();
const words = vocabulary(knownPlugins());
const directory = join(packageRoot(), 'scenarios');
const files = readdirSync(directory).filter((name) => /^(?:shapes-.*|port-mapping)\.yaml$/.test(name));

/** The first trial of every cell. */
function* specs(scenario: ResolvedScenario): Generator<TrialSpec> {
  const plugins = scenario.mode === 'race' ? [null] : scenario.plugins.map(({ name }) => name);
  for (const cell of scenario.cells) {
    for (const only of plugins) yield { scenario, cell, trial: 0, only, seed: trialSeed(scenario.seed, cell.id, 0) };
  }
}

/** What a trial of one plugin did although theory is sure that it can't, or the other way round. */
function contradiction(spec: TrialSpec, { outcome, only, cell }: TrialResult): string[] {
  const [verdict] = only === null ? [] : oracle(oracleQuestion(spec)).perPlugin;
  const sure = verdict?.expected === 'always' || verdict?.expected === 'never';
  if (!verdict || !sure || (verdict.expected === 'always') === (outcome === 'connected')) return [];
  return [`${cell.a} to ${cell.b}, ${only}: ${outcome}, but ${verdict.expected} since ${verdict.why}`];
}

describe.each(files)('%s', (file) => {
  it('proves its claims, and no trial contradicts the oracle', async () => {
    const scenario = { ...loadScenario(readFileSync(join(directory, file), 'utf8'), file, words), trials: 1 };
    const judge = new ExpectationJudge(scenario);
    const contradictions: string[] = [];
    for (const spec of specs(scenario)) {
      const result = await runTrial(spec);
      expect(['connected', 'not-connected', 'deadline'], `${spec.cell.id}: ${result.error}`).toContain(result.outcome);
      judge.add(spec, { outcome: result.outcome, plugin: result.plugin, path: result.path, line: '' });
      contradictions.push(...contradiction(spec, result));
    }
    expect(judge.verdicts().filter(({ met }) => !met)).toEqual([]);
    expect(contradictions).toEqual([]);
  });
});
