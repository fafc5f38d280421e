import fc from 'fast-check';
import { appendFileSync } from 'node:fs';
import { it } from 'vitest';
import { stringify } from 'yaml';
import { resolveBehaviour, type NatDescription } from '../../core/nat/behaviour.ts';
import { loadEngine } from '../../lab-cli/engine.ts';
import { loadScenario } from '../../lab-cli/scenario/load-scenario.ts';
import { writeNat } from '../../lab-cli/scenario/nat-shape.ts';
import { trialSeed } from '../../lab-cli/scenario/trial-seed.ts';
import { vocabulary } from '../../lab-cli/vocabulary.ts';
import { oracle } from '../../reports/oracle.ts';
import { oracleQuestion } from '../../lab-cli/trial/result.ts';
import { type WorldOfTwo, worlds } from './worlds.suite.ts';

const { knownPlugins, runTrial } = await loadEngine();
const words = vocabulary(knownPlugins());
const PLUGINS = ['direct-connect', 'reverse-connect', 'tcp-punch', 'udp-punch', 'turn-relay'];

function scenarioOf(world: WorldOfTwo) {
  const nats: Record<string, unknown> = {};
  const names = new Map<NatDescription, string>();
  const name = (nat: NatDescription) => {
    let known = names.get(nat);
    if (!known) { known = `n${names.size}`; names.set(nat, known); nats[known] = writeNat(resolveBehaviour(nat)); }
    return known;
  };
  const side = (chain: readonly NatDescription[]) => (chain.length === 0 ? 'open' : chain.length === 1 ? name(chain[0]!) : chain.map(name));
  const a = side(world.a); const alone = world.topology === 'same-lan' || world.topology === 'same-nat';
  const text = stringify({ schema: 1, name: 'x', seed: 1, trials: 1, nats, axes: { a: [a], ...(!alone && { b: [side(world.b)] }), link: [{ latency: '20ms' }] }, topology: world.topology, plugins: PLUGINS, mode: 'each', limits: { time: '60s' } });
  return loadScenario(text, 'x.yaml', words);
}

it('agrees', async () => {
  const from = Number(process.env.FROM ?? 1);
  const all = fc.sample(worlds, { seed: from, numRuns: Number(process.env.RUNS ?? 50) });
  let n = 0;
  for (const world of all) {
    const scenario = scenarioOf(world);
    const cell = scenario.cells[0]!;
    for (const only of PLUGINS) {
      const seed = trialSeed(1, cell.id, n);
      const spec = { scenario, cell, trial: n, only, seed };
      const result = await runTrial(spec);
      const [verdict] = oracle(oracleQuestion(spec)).perPlugin;
      const connected = result.outcome === 'connected';
      const bad = (connected && verdict!.expected === 'never') || (!connected && verdict!.expected === 'always') || ['crashed', 'stalled', 'limit'].includes(result.outcome);
      if (bad) appendFileSync(process.env.OUT ?? '/tmp/oracle.out', `${JSON.stringify({ n, only, outcome: result.outcome, expected: verdict!.expected, why: verdict!.why, attempts: result.attempts.map(({outcome, reason}) => `${outcome} ${reason}`), drops: result.drops, error: result.error, topology: world.topology, a: world.a, b: world.b })}\n`);
    }
    n++;
  }
  console.log(`${n} worlds`);
}, 600_000);
