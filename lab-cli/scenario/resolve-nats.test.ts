import { describe, expect, it } from 'vitest';
import { DEFAULT_BEHAVIOUR } from '../../core/nat/behaviour.ts';
import { loadScenario } from './load-scenario.ts';
import { scenarioText, VOCABULARY } from './testdata.ts';

function natOf(...lines: string[]) {
  const yaml = scenarioText('axes: { a: [mine], b: [open] }', 'nats:', ...lines.map((line) => `  ${line}`));
  return loadScenario(yaml, 'm.yaml', VOCABULARY).cells[0]!.a[0]!;
}

it('an empty entry is the default NAT', () => {
  expect(natOf('mine: {}')).toEqual({ name: 'mine', summary: 'the default NAT', behaviour: DEFAULT_BEHAVIOUR });
});

it('durations become milliseconds', () => {
  const { behaviour } = natOf(
    'mine:',
    '  udp: { timeout: 30s, refresh: both }',
    '  tcp: { established: 2h4m, transitory: 1m30s }',
    '  limits: { reuseHold: 0ms, mappings: 7 }',
  );
  expect(behaviour.udp).toEqual({ ...DEFAULT_BEHAVIOUR.udp, timeoutMs: 30_000, refresh: 'both' });
  expect(behaviour.tcp).toEqual({ ...DEFAULT_BEHAVIOUR.tcp, establishedMs: 7_440_000, transitoryMs: 90_000 });
  expect(behaviour.limits).toMatchObject({ mappings: 7, perHost: 0, reuseHoldMs: 0 });
});

describe('extends', () => {
  it('a preset, field by field', () => {
    const { behaviour, summary } = natOf('mine: { extends: symmetric, ports: { step: 2 } }');
    expect(behaviour.ports).toEqual({ ...DEFAULT_BEHAVIOUR.ports, allocation: 'random', step: 2 });
    expect(behaviour.udp.mapping).toBe('address-and-port-dependent');
    expect(summary).toBe('symmetric with ports.step 2');
  });

  it('another entry, also one that comes later', () => {
    const { behaviour } = natOf(
      'mine: { extends: other, udp: { timeout: 1s } }',
      'other: { extends: full-cone, blocks: [tcp], udp: { timeout: 2s, refresh: inbound } }',
    );
    expect(behaviour.udp).toMatchObject({ filtering: 'endpoint-independent', timeoutMs: 1_000, refresh: 'inbound' });
    expect(behaviour.blocks).toEqual(['tcp']);
  });

  it('mapping and filtering for both transports replace what the base says for one', () => {
    const { behaviour } = natOf('mine: { extends: symmetric, mapping: address-dependent }');
    expect(behaviour.udp.mapping).toBe('address-dependent');
    expect(behaviour.tcp.mapping).toBe('address-dependent');
  });

  it('what is said for one transport stands above what is said for both', () => {
    const { behaviour } = natOf('mine: { mapping: address-dependent, tcp: { mapping: endpoint-independent } }');
    expect(behaviour.udp.mapping).toBe('address-dependent');
    expect(behaviour.tcp.mapping).toBe('endpoint-independent');
  });

  it('an empty list takes back what the base blocks', () => {
    expect(natOf('mine: { extends: other, blocks: [] }', 'other: { blocks: [udp] }').behaviour.blocks).toEqual([]);
  });
});
