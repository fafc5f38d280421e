import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { registry } from '../../core/node/index.ts';
import { packageRoot } from '../package-root.ts';
import { FileError } from '../scenario/problem.ts';
import { findTrial, trialAt, trialKey, trialsOf } from './field-plan.ts';
import { loadPlan } from './load-plan.ts';
import { host, keyOf, planText, readPlan } from './testdata.ts';

function problems(yaml: string): string[] {
  try {
    readPlan(yaml);
  } catch (error) {
    if (error instanceof FileError) return error.message.split('\n');
    throw error;
  }
  throw new Error('the plan is good');
}

describe('a field plan', () => {
  it('is what the page shows', () => {
    const page = readFileSync(join(packageRoot(), 'docs/field.md'), 'utf8');
    const [, yaml] = /<!-- field-plan -->\n\n```yaml\n(.*?)```/s.exec(page)!;
    const all = new Map(registry.names().map((name) => [name, registry.optionsOf(name)]));
    const plan = loadPlan(yaml!, 'plan.yaml', { plugins: all, signer: host.signer });
    expect(plan).toMatchObject({ rounds: 24, everyMs: 3_600_000 });
    expect(plan.plugins.map(({ name }) => name)).toEqual(registry.names());
  });

  it('has defaults for all but who takes part', () => {
    const plan = readPlan(planText());
    expect(plan).toMatchObject({ rounds: 10, everyMs: 600_000, mode: 'race', timeLimitMs: 20_000 });
    expect(plan.addresses).toBe('anonymised');
    expect(plan.plugins.map(({ name }) => name)).toEqual(['tcp-punch', 'udp-punch']);
    expect(plan.pairs.map(({ dials, answers }) => `${dials.name} ${answers.name}`)).toEqual(['alice bob', 'bob alice']);
  });

  it('tells every trial by its key, and no other', () => {
    const plan = readPlan(planText('mode: each', 'rounds: 2', 'pairs: [[bob, alice]]'));
    const [pair] = plan.pairs;
    const keys = [0, 1, 2, 3].map((index) => trialKey(trialAt(plan, pair!, index)!));
    expect(keys).toEqual(
      [0, 1].flatMap((round) => ['tcp-punch', 'udp-punch'].map((name) => `bob,alice,internet/${round}/${name}`)),
    );
    expect(trialAt(plan, pair!, 4)).toBeUndefined();
    expect(keys.map((key) => trialKey(findTrial(plan, key)!))).toEqual(keys);
    for (const strange of [
      'bob,alice,internet/2/tcp-punch',
      'bob,alice,internet/0',
      'alice,bob,internet/0/tcp-punch',
    ]) {
      expect(findTrial(plan, strange)).toBeUndefined();
    }
    expect(plan.agents.map((agent) => trialsOf(plan, agent))).toEqual([0, 4]);
  });

  it('is the same plan in other words, another one with other keys, and of the same kind with more rounds', () => {
    const plan = readPlan(planText());
    expect(readPlan(planText('# the same', 'rounds: 10')).digest).toBe(plan.digest);
    expect(readPlan(planText('mode: each')).kindDigest).not.toBe(plan.kindDigest);
    const longer = readPlan(planText('rounds: 11'));
    expect([longer.digest === plan.digest, longer.kindDigest === plan.kindDigest]).toEqual([false, true]);
  });

  it.for([
    [
      'pairs: [[alice, bbo]]',
      'plan.yaml:4:17: agent "bbo" is not in agents, expected alice or bob; did you mean "bob"?',
    ],
    ['pairs: [[bob, bob]]', "plan.yaml:4:9: bob can't dial itself, expected two different agents"],
    ['pairs: [[alice, bob], [alice, bob]]', 'plan.yaml:4:23: the pair alice,bob stands here twice'],
    ['evry: 5m', /^plan\.yaml:4:1: unknown key "evry".* did you mean "every"\?$/],
    ['every: 5', /^plan\.yaml:4:8: .*a duration of 1s to 720h/],
    ['plugins: [udp-punsh]', /^plan\.yaml:4:11: .* did you mean "udp-punch"\?$/],
    ['plugins: [udp-punch, udp-punch]', 'plan.yaml:4:22: plugins has "udp-punch" twice'],
    ['addresses: hidden', /^plan\.yaml:4:12: .*anonymised or kept/],
  ] as const)('says of "%s" where it is wrong and what helps', ([line, problem]) => {
    expect(problems(planText(line))).toEqual([expect.stringMatching(problem)]);
  });

  it.for([
    ['alice: AAAA', /^plan\.yaml:3:18: .*the public key of a machine, as `lab key NAME` prints it there/],
    [`alice: ${`Av${'_'.repeat(42)}`}`, /^plan\.yaml:3:18: this is no public key: copy it again from `lab key alice`$/],
    [`alice: ${keyOf.bob}`, /^plan\.yaml:3:69: another agent has this key, too/],
    [`Alice: ${keyOf.alice}`, /^plan\.yaml:3:11: .*"Alice".*lower-case letters/],
  ] as const)('says of the agents { %s, bob } what is wrong', ([agent, problem]) => {
    expect(problems(`schema: 1\nname: test\nagents: { ${agent}, bob: ${keyOf.bob} }\n`)).toEqual([
      expect.stringMatching(problem),
    ]);
  });
});
