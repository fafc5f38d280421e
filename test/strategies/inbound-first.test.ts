import { expect, it } from 'vitest';
import { loadScenario } from '../../lab-cli/scenario/load-scenario.ts';
import { knownPlugins } from '../../lab-cli/trial/run-trial.ts';
import { vocabulary } from '../../lab-cli/vocabulary.ts';
import { run } from '../outcomes/shipped.ts';

/** A NAT that gives a port to the stranger who came first, as Linux does where no firewall drops such packets. */
function scenario(a: string, b: string, plugin: string) {
  const text = `schema: 1
name: inbound-first
seed: 7
trials: 1
nats:
  clash: { extends: port-restricted-cone, inboundFirst: clash }
  wary: { extends: port-restricted-cone, scanGuard: { probes: 2, window: 10s, block: 60s } }
  fragile: { extends: symmetric, icmp: { errorEndsMapping: true } }
axes: { a: [${a}], b: [${b}], link: [{ latency: 20ms }, { latency: 20ms, jitter: 20ms }] }
plugins: [${plugin}]
`;
  return loadScenario(text, 'inbound-first', vocabulary(knownPlugins()));
}

it('the responder lets the initiator send first', { timeout: 60_000 }, async () => {
  const ran = await run(scenario('clash, port-restricted-cone', 'clash, port-restricted-cone', 'udp-punch'), {
    trials: 3,
  });
  const late = ran.filter(({ result }) => result.connectMs === null || result.connectMs > 400);
  expect(late.map(({ cell, result }) => `${cell.id}: ${result.connectMs}`)).toEqual([]);
});

// 128 of 256 ports are of use there: 1,024 tries find one with a chance of 87 %.
it('a search finds a port whose opener died on its way', { timeout: 60_000 }, async () => {
  for (const [a, b] of [
    ['clash', 'symmetric'],
    ['symmetric', 'clash'],
  ] as const) {
    const ran = await run(scenario(a, b, 'random-probe'), { trials: 10 });
    expect(ran.filter(({ connected }) => connected).length).toBeGreaterThanOrEqual(13);
  }
});

it('no opener dies on its way where that would end its mapping', { timeout: 60_000 }, async () => {
  // So deep inside that a packet of the usual TTL dies, and the error comes back through every NAT.
  const died = async (nat: string) => {
    const a = `[${[nat, nat, nat, nat].join(', ')}]`;
    const ran = await run(scenario(a, 'port-restricted-cone', 'random-probe'), { trials: 1 });
    return ran.map(({ result }) => result.drops['router: ttl exceeded'] ?? 0);
  };
  expect(Math.max(...(await died('fragile')))).toBeLessThan(5); // Those of the look.
  expect(Math.min(...(await died('symmetric')))).toBeGreaterThan(100);
});

it('nobody takes a look and a punch for a scan who minds a second closed port', { timeout: 60_000 }, async () => {
  const ran = await run(scenario('wary, port-restricted-cone', 'wary, port-restricted-cone', 'udp-punch'), {
    trials: 2,
  });
  expect(ran.map(({ connected }) => connected)).toEqual(ran.map(() => true));
  expect(ran.filter(({ result }) => result.drops['guard: scanner'] !== undefined)).toEqual([]);
});
