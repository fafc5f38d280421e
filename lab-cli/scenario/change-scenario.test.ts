import { expect, it } from 'vitest';
import { changeScenario } from './change-scenario.ts';
import { loadScenario } from './load-scenario.ts';
import { scenarioText, VOCABULARY } from './testdata.ts';

const TEXT = scenarioText(
  'axes: { a: &both [open, symmetric], b: *both, link: [lan] }',
  'plugins: [udp-punch, { random-probe: { sockets: 64 } }]',
  'expect: [{ plugin: udp-punch }]',
);

const changed = (...[changes]: [Parameters<typeof changeScenario>[1]]) =>
  loadScenario(changeScenario(TEXT, changes, VOCABULARY), 'changed.yaml', VOCABULARY);

it('leaves the text as it is where nothing changes', () => {
  expect(changeScenario(TEXT, {}, VOCABULARY)).toBe(TEXT);
});

it('changes what is named, keeps the rest, and claims nothing any more', () => {
  const whole = loadScenario(TEXT, 'm.yaml', VOCABULARY);
  const { mode, cells, plugins, expectations, seed } = changed({ mode: 'each', link: '{ latency: 5ms, loss: 5% }' });
  expect([mode, seed, expectations]).toEqual(['each', whole.seed, []]);
  expect(plugins).toEqual(whole.plugins);
  expect(cells.map(({ id }) => id)).toEqual([
    'open,open,5ms-loss-5%',
    'open,symmetric,5ms-loss-5%',
    'symmetric,open,5ms-loss-5%',
    'symmetric,symmetric,5ms-loss-5%',
  ]);
  expect(changed({ link: 'lte' }).cells[0]!.id).toBe('open,open,lte');
});

it('keeps the options that the scenario gives a plugin', () => {
  const [probe, ...others] = changed({ plugins: ['random-probe'] }).plugins;
  expect([probe!.name, probe!.options.sockets, others]).toEqual(['random-probe', 64, []]);
});

it.each([
  [{ plugins: ['udp-punsh'] }, /^test can't be changed so: .*"udp-punsh".*did you mean "udp-punch"/],
  [{ link: 'lanes' }, /^test can't be changed so: .*"lanes"/],
  [{ link: '{ latency: fast }' }, /^test can't be changed so: .*latency/],
  [{ link: '{ latency: 5ms' }, /^the link "{ latency: 5ms" is no YAML: /],
])('%j', (changes, message) => {
  expect(() => changed(changes)).toThrow(message);
});
