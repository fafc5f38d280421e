import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import { loadEngine } from '../../lab-cli/engine.ts';
import { loadScenario } from '../../lab-cli/scenario/load-scenario.ts';
import { writeNat } from '../../lab-cli/scenario/nat-shape.ts';
import { trialSeed } from '../../lab-cli/scenario/trial-seed.ts';
import type { ResolvedScenario } from '../../lab-cli/scenario/types.ts';
import { oracleQuestion } from '../../lab-cli/trial/oracle-verdict.ts';
import { vocabulary } from '../../lab-cli/vocabulary.ts';
import { oracle } from '../../reports/oracle.ts';
import { type WorldOfTwo, worlds } from './worlds.suite.ts';

const { knownPlugins, runTrial } = await loadEngine();
const words = vocabulary(knownPlugins());
const PLUGINS = ['direct-connect', 'reverse-connect', 'tcp-punch', 'udp-punch', 'turn-relay'];
/** `WORLDS=1000 SEED=2 npx vitest run test/oracle` looks at others. */
const COUNT = Number(process.env.WORLDS ?? 40);
const SEED = Number(process.env.SEED ?? 4242);

function scenarioOf({ topology, a, b }: WorldOfTwo): ResolvedScenario {
  const nats: Record<string, unknown> = {};
  const names = new Map<NatDescription, string>();
  const nameOf = (nat: NatDescription): string => {
    const name = names.get(nat) ?? `nat-${names.size}`;
    names.set(nat, name);
    nats[name] = writeNat(resolveBehaviour(nat));
    return name;
  };
  const side = (chain: readonly NatDescription[]) => (chain.length === 0 ? 'open' : chain.map(nameOf));
  const one = (value: string | string[]) => (value.length === 1 ? value : [value]);
  const together = topology === 'same-lan' || topology === 'same-nat';
  const axes = { a: one(side(a)), ...(!together && { b: one(side(b)) }), link: [{ latency: '20ms' }] };
  const limits = { time: '60s' };
  const sections = { schema: 1, name: 'truth', seed: 1, nats, axes, topology, plugins: PLUGINS, mode: 'each', limits };
  return loadScenario(stringify(sections), 'truth.yaml', words);
}

it('no plugin connects against theory, and none that theory is sure of fails', { timeout: 900_000 }, async () => {
  const disagreements: unknown[] = [];
  for (const [index, world] of fc.sample(worlds, { seed: SEED, numRuns: COUNT }).entries()) {
    const scenario = scenarioOf(world);
    const cell = scenario.cells[0]!;
    for (const only of PLUGINS) {
      const spec = { scenario, cell, trial: index, only, seed: trialSeed(1, cell.id, index) };
      const { outcome, attempts } = await runTrial(spec);
      const { expected, why } = oracle(oracleQuestion(spec)).perPlugin[0]!;
      const connected = outcome === 'connected';
      const ended = connected || outcome === 'lost' || outcome === 'not-connected' || outcome === 'deadline';
      const against = connected ? expected === 'never' : expected === 'always';
      if (!ended || against) disagreements.push({ index, only, outcome, attempts, expected, why, world });
    }
  }
  expect(disagreements).toEqual([]);
});
