import { expect, it } from 'vitest';
import { loadScenario } from '../../lab-cli/scenario/load-scenario.ts';
import { knownPlugins } from '../../lab-cli/trial/run-trial.ts';
import { vocabulary } from '../../lab-cli/vocabulary.ts';
import { run } from '../outcomes/shipped.ts';

/** NATs that say no to a SYN that nobody waits for: both ends have to dial before the other's SYN is there. */
function scenario(start: string, link: string) {
  const text = `schema: 1
name: tcp-start
seed: 7
trials: 1
nats:
  reset: { extends: port-restricted-cone, tcp: { unsolicited: reset, afterReset: remove } }
  icmp: { extends: port-restricted-cone, tcp: { unsolicited: icmp } }
axes:
  a: [full-cone, reset, icmp, symmetric-sequential]
  b: [port-restricted-cone, reset, icmp, symmetric-sequential]
  link: [${link}]
plugins: [tcp-punch: { start: ${start} }]
`;
  return loadScenario(text, 'tcp-start', vocabulary(knownPlugins()));
}

async function timesOf(start: string, link: string, trials = 1): Promise<number[]> {
  const ran = await run(scenario(start, link), { trials });
  return ran.map(({ result }) => result.connectMs ?? Number.POSITIVE_INFINITY).sort((one, other) => one - other);
}

it('both dial when the second signal should be there, and save a round trip', { timeout: 60_000 }, async () => {
  const agreed = await timesOf('agreed', '{ latency: 20ms }');
  const soon = await timesOf('soon', '{ latency: 20ms }');
  expect(agreed.at(-1)).toBeLessThan(400);
  expect(soon.at(-1)).toBeLessThan(335);
});

it('and lose nothing where the guess is bad: links that differ by direction, and jitter', {
  timeout: 120_000,
}, async () => {
  for (const link of ['{ up: { latency: 10ms }, down: { latency: 90ms } }', '{ latency: 20ms, jitter: 30ms }']) {
    const [agreed, soon] = [await timesOf('agreed', link, 3), await timesOf('soon', link, 3)];
    expect(soon.at(-1)).toBeLessThan(3000);
    expect(soon[soon.length >> 1]).toBeLessThanOrEqual(agreed[agreed.length >> 1]!);
  }
});
