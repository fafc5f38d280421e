import { expect, it } from 'vitest';
import { loadScenario } from '../../lab-cli/scenario/load-scenario.ts';
import { knownPlugins } from '../../lab-cli/trial/run-trial.ts';
import { vocabulary } from '../../lab-cli/vocabulary.ts';
import { run } from '../outcomes/shipped.ts';

/** Whoever is called admits everybody, and may answer from another port than the one that was called, which is admitted, too. */
const SCENARIO = `schema: 1
name: answered-from-elsewhere
seed: 7
trials: 2
nats:
  by-address: { mapping: address-dependent, filtering: address-dependent, ports: { allocation: random } }
  by-port: { mapping: address-and-port-dependent, filtering: address-dependent, ports: { allocation: random } }
  open-steady: { mapping: endpoint-independent, filtering: endpoint-independent, ports: { allocation: random } }
  open-by-address: { mapping: address-dependent, filtering: endpoint-independent, ports: { allocation: random } }
  open-by-port: { mapping: address-and-port-dependent, filtering: endpoint-independent, ports: { allocation: random } }
  open-by-address-in-turn: { extends: open-by-address, ports: { allocation: sequential } }
  open-by-port-in-turn: { extends: open-by-port, ports: { allocation: sequential } }
axes:
  a: [by-address, by-port]
  b: [open-steady, open-by-address, open-by-port, open-by-address-in-turn, open-by-port-in-turn]
  link: [{ latency: 20ms }]
plugins: [udp-punch]
`;

it('connects to who answers from elsewhere, whether or not packets get there, too', async () => {
  const scenario = loadScenario(SCENARIO, 'answered-from-elsewhere', vocabulary(knownPlugins()));
  const missed = (await run(scenario, { trials: 2 })).filter(({ result }) => result.outcome !== 'connected');
  expect(missed.map(({ result }) => result.cell)).toEqual([]);
});
