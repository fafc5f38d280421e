import { describe, expect, it } from 'vitest';
import type { PortAllocation } from '../../core/nat/behaviour.ts';
import { discoverNat } from '../../core/nat/discovery.ts';
import { discoverLifetime } from '../../core/nat/discovery-lifetime.ts';
import { discover, play } from '../../core/nat/discovery-world.suite.ts';
import type { NatReport } from '../../core/nat/nat-report.ts';
import { PRESETS } from '../../core/nat/presets.ts';
import { loadScenario } from '../scenario/load-scenario.ts';
import { VOCABULARY } from '../scenario/testdata.ts';
import { type MeasuredNat, presetText } from './preset-text.ts';

/** The behaviour that a scenario with these NATs gives to `measured`. */
function load(...measured: MeasuredNat[]) {
  const yaml = `${presetText(measured)}schema: 1\nname: test\naxes: { a: [${measured.map(({ name }) => name)}], b: [open] }\n`;
  const scenario = loadScenario(yaml, 'test.yaml', VOCABULARY);
  return scenario.cells.map(({ a }) => a[0]!.behaviour);
}

function summary({ udp, translation, mapping, filtering, ports, hairpin, tcp }: NatReport) {
  return {
    udp: udp.value,
    translation: translation.value,
    mapping: mapping.value,
    filtering: filtering.value,
    allocation: [ports.allocation.value, ports.step],
    hairpin: hairpin.value,
    tcp: [tcp.mapping.value, tcp.ports.allocation.value],
  };
}

describe('a measured preset', () => {
  it.each(Object.keys(PRESETS))('looks to discovery like %s, which it was measured behind', async (name) => {
    const report = await discover([PRESETS[name]!.behaviour]);
    const [behaviour] = load({ name: 'measured', report });
    const again = await discover([behaviour!], { seed: 'another' });
    // What lets nothing of STUN out shows nothing that a preset could say.
    if (report.udp.value === 'unknown') expect(again.udp.value).not.toBe('blocked');
    else expect(summary(again)).toEqual(summary(report));
  });

  it.each<Partial<PortAllocation>>([
    { allocation: 'offset', offset: 1000 },
    { allocation: 'offset', offset: -20_000 },
    { allocation: 'local-sequential', step: 3 },
    { allocation: 'local-sequential', step: -1 },
  ])('says what the ports are that %j gives out', async (ports) => {
    for (const mapping of ['endpoint-independent', 'address-and-port-dependent'] as const) {
      const [behaviour] = load({ name: 'measured', report: await discover([{ mapping, ports }]) });
      expect(behaviour!.ports).toMatchObject(ports);
      expect(behaviour!.udp.mapping).toBe(mapping);
    }
  });

  it('has the lifetime if that was measured', async () => {
    const measured = await play([{ udp: { timeoutMs: 30_000 } }], {}, async ({ host, servers }) => {
      const report = await discoverNat(host, servers);
      return { name: 'slow', report, lifetime: await discoverLifetime(host, report) };
    });
    const [behaviour] = load(measured);
    expect(behaviour!.udp.timeoutMs).toBeGreaterThan(29_000);
    expect(behaviour!.udp.timeoutMs).toBeLessThan(32_000);
  });

  it('says in a comment what is unknown, and leaves it out', async () => {
    const report = await discover([{}], { server: 'down' });
    const text = presetText([{ name: 'dark', report }]);
    expect(text).toMatch(/# whether TCP gets through is unknown: /);
    expect(text).toContain('dark: {}');
  });

  it('puts several into one mapping', async () => {
    const report = await discover([PRESETS.symmetric!.behaviour]);
    expect(load({ name: 'one', report }, { name: 'one-ipv6', report })).toHaveLength(2);
  });
});
