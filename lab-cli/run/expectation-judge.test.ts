import { describe, expect, it } from 'vitest';
import type { TrialResult } from '../../reports/schema.ts';
import { Workload } from '../pool/workload.ts';
import { loadScenario } from '../scenario/load-scenario.ts';
import { scenarioText, VOCABULARY } from '../scenario/testdata.ts';
import { ExpectationJudge } from './expectation-judge.ts';
import { finishedTrial } from './finished-trial.ts';
import { trialResult } from './testdata.ts';

type End = Partial<TrialResult>;

const UDP: End = { plugin: 'udp-punch', path: 'direct' };
const RELAY: End = { plugin: 'random-probe', path: 'relayed' };
const FAILED: End = { outcome: 'not-connected', plugin: null, path: null };
const UNSUPPORTED: End = { ...FAILED, outcome: 'unsupported' };

/** Two cells, `open,full-cone` and `symmetric,full-cone`, that end like this, trial by trial. */
function verdicts(expectation: string, mode: 'race' | 'each', ends: readonly End[]) {
  const trials = ends.length / (mode === 'each' ? 4 : 2);
  const yaml = scenarioText(
    'axes: { a: [open, symmetric], b: [full-cone], link: [lan] }',
    `trials: ${trials}`,
    `mode: ${mode}`,
    `expect: [${expectation}]`,
  );
  const scenario = loadScenario(yaml, 'm.yaml', VOCABULARY);
  const judge = new ExpectationJudge(scenario);
  const work = new Workload(scenario);
  expect(work.size).toBe(ends.length);
  for (const [index, end] of ends.entries()) judge.add(work.at(index), finishedTrial(trialResult(end)));
  return judge.verdicts().map(({ met, found }) => `${met ? 'met' : 'failed'}: ${found}`);
}

describe('in mode race', () => {
  it.each<[string, End[], string]>([
    ['{}', [UDP, UDP, RELAY, UDP], 'met: holds in all 2 cells'],
    ['{}', [UDP, UDP, FAILED, UDP], 'failed: fails in 1 of 2 cells: symmetric,full-cone,lan (1 of 2)'],
    ['{ connected: ">= 50%" }', [UDP, FAILED, FAILED, UDP], 'met: holds in all 2 cells'],
    ['{ connected: "> 50%" }', [UDP, FAILED, UDP, UDP], 'failed: fails in 1 of 2 cells: open,full-cone,lan (1 of 2)'],
    ['{ where: { a: open } }', [UDP, UDP, FAILED, FAILED], 'met: holds in the one cell'],
    [
      '{ where: { a: [open] }, path: direct }',
      [UDP, RELAY, UDP, UDP],
      'failed: fails in 1 of 1 cells: open,full-cone,lan (1 of 2)',
    ],
    ['{ plugin: udp-punch, connected: "= 0" }', [RELAY, RELAY, FAILED, RELAY], 'met: holds in all 2 cells'],
    [
      '{ plugin: udp-punch, connected: "= 0" }',
      [UDP, RELAY, RELAY, RELAY],
      'failed: fails in 1 of 2 cells: open,full-cone,lan (1 of 2)',
    ],
    ['{}', [UDP, UNSUPPORTED, UDP, UDP], 'met: holds in all 2 cells'],
    ['{}', [UNSUPPORTED, UNSUPPORTED, UDP, UDP], 'met: holds in the one cell'],
  ])('%s', (expectation, ends, verdict) => {
    expect(verdicts(expectation, 'race', ends)).toEqual([verdict]);
  });

  it('says nothing about what it has seen nothing of', () => {
    expect(verdicts('{}', 'race', [UNSUPPORTED, UNSUPPORTED])).toEqual([]);
  });
});

describe('in mode each', () => {
  // The lines of a trial: udp-punch, then random-probe.
  it.each<[string, End[], string]>([
    ['{}', [UDP, FAILED, FAILED, RELAY], 'met: holds in all 2 cells'],
    ['{}', [UDP, RELAY, FAILED, FAILED], 'failed: fails in 1 of 2 cells: symmetric,full-cone,lan (0 of 1)'],
    [
      '{ plugin: random-probe }',
      [UDP, FAILED, UDP, RELAY],
      'failed: fails in 1 of 2 cells: open,full-cone,lan (0 of 1)',
    ],
    ['{ path: relayed }', [UDP, RELAY, FAILED, RELAY], 'met: holds in all 2 cells'],
    ['{ connected: "<= 50%" }', [UDP, RELAY, FAILED, FAILED, UDP, RELAY, FAILED, FAILED], 'met: holds in all 2 cells'],
  ])('%s', (expectation, ends, verdict) => {
    expect(verdicts(expectation, 'each', ends)).toEqual([verdict]);
  });
});
