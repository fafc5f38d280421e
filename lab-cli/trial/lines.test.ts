import { describe, expect, it } from 'vitest';
import type { TrialResult } from '../../reports/schema.ts';
import { loadEngine } from '../engine.ts';
import { loadScenario } from '../scenario/load-scenario.ts';
import { trialSeed } from '../scenario/trial-seed.ts';
import { vocabulary } from '../vocabulary.ts';

const { knownPlugins, runTrial } = await loadEngine();
const words = vocabulary(knownPlugins());

interface Ran {
  readonly result: TrialResult;
  readonly lines: readonly string[];
}

/** One trial of a cell. */
async function trial(a: string, b: string, rest = ''): Promise<Ran> {
  const yaml = `
schema: 1
name: lines
axes: { a: [${a}], b: [${b}], link: [{ latency: 20ms, jitter: 5ms, loss: 2% }] }
limits: { time: 30s }
${rest}`;
  const scenario = loadScenario(yaml, 'lines.yaml', words);
  const cell = scenario.cells[0]!;
  const lines: string[] = [];
  const spec = { scenario, cell, trial: 0, only: null, seed: trialSeed(scenario.seed, cell.id, 0) };
  const result = await runTrial(spec, { timeline: (line) => lines.push(line) });
  return { result, lines };
}

const PHONE = '{ wifi: symmetric, cellular: { ipv4: carrier-random, ipv6: ipv6-firewall } }';

describe('peers with several lines', () => {
  it.each([
    ['IPv6 behind firewalls', '{ ipv6: ipv6-firewall }', '{ ipv6: [ipv6-firewall, nptv6-firewall] }'],
    ['both families', '{ ipv4: symmetric, ipv6: nptv6 }', '{ ipv4: black-hole, ipv6: ipv6-firewall }'],
    ['two interfaces', PHONE, '{ ipv4: port-restricted-cone, ipv6: ipv6-firewall-compliant }'],
    ['NAT64', '{ ipv6: [ipv6-firewall, nat64] }', 'port-restricted-cone'],
  ])('%s: the same seed, the same bytes', async (_, a, b) => {
    const [one, other] = [await trial(a, b), await trial(a, b)];
    expect(one.result).toEqual(other.result);
    expect(one.lines).toEqual(other.lines);
    expect(one.result).toMatchObject({ outcome: 'connected', path: 'direct' });
  });

  it('says what stands in front of each line, and what theory makes of it', async () => {
    const { result } = await trial(PHONE, '{ ipv6: nat64 }');
    expect(result.nat.a.declared).toBe('wifi: symmetric; cellular: carrier-random; cellular IPv6: ipv6-firewall');
    expect(result.nat.b.declared).toBe('IPv6: nat64');
    expect(result.oracle?.why).toContain('from IPv6 of cellular to IPv6');
  });

  it('a firewall that reboots forgets whom it let in', async () => {
    const { lines } = await trial(
      '{ ipv6: open }',
      '{ ipv6: ipv6-firewall }',
      'events: [{ at: 1ms, side: b, do: reboot }]',
    );
    expect(lines.filter((line) => line.includes('b.ipv6.nat1  reboot'))).toHaveLength(1);
    expect(lines.some((line) => line.includes('firewall: no state'))).toBe(true);
  });
});
