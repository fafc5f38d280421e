import { expect, it } from 'vitest';
import { run } from '../../test/outcomes/shipped.ts';
import { loadScenario } from '../scenario/load-scenario.ts';
import { vocabulary } from '../vocabulary.ts';
import { knownPlugins } from './run-trial.ts';

function scenario(clocks: string, topology = 'separate') {
  const axes =
    topology === 'separate' ? 'axes: { a: [port-restricted-cone], b: [restricted-cone] }' : 'axes: { a: [open] }';
  const yaml = `schema: 1\nname: clocks\nmode: each\ntopology: ${topology}\n${axes}\nclocks: ${clocks}\n`;
  return loadScenario(yaml, 'clocks.yaml', vocabulary(knownPlugins()));
}

/** Of each plugin alone. */
async function connecting(clocks: string, topology?: string): Promise<(string | null)[]> {
  const resolved = scenario(clocks, topology);
  const found: (string | null)[] = [];
  for (const plugin of ['tcp-punch', 'udp-punch', 'turn-relay']) {
    const plugins = resolved.plugins.filter(({ name }) => name === plugin);
    const [ran] = await run({ ...resolved, plugins, mode: 'race' });
    found.push(ran!.result.plugin);
  }
  return found;
}

const all = ['tcp-punch', 'udp-punch', 'turn-relay'];

it.each([
  '{ a: { behind: 5m }, b: { ahead: 4m } }',
  '{ a: { ahead: 9m } }',
  '{ a: { ahead: 1h }, b: { ahead: 1h } }', // Both by the same.
])('with clocks like %s and no NTP everybody meets', async (clocks) => {
  expect(await connecting(clocks)).toEqual(all);
});

it('more than ten minutes apart nobody believes that a signal is fresh', async () => {
  expect(await connecting('{ a: { ahead: 12m } }')).toEqual([null, null, null]);
});

it('the neighbour’s clock is wrong as well', async () => {
  expect(scenario('{ b: { behind: 2m } }', 'same-lan').clocks).toEqual({ aMs: 0, bMs: -120_000 });
  expect(await connecting('{ b: { behind: 2m } }', 'same-lan')).toEqual(all);
});
