import { describe, expect, test } from 'vitest';
import { DEFAULT_BEHAVIOUR, extendDescription, type NatDescription, resolveBehaviour } from './behaviour.ts';

describe('the defaults', () => {
  test('RFC 4787 REQ-1 and REQ-6, RFC 5382 REQ-1 and REQ-2, RFC 7857 section 2.2 are kept', () => {
    expect(DEFAULT_BEHAVIOUR).toMatchObject({
      translation: 'napt',
      pooling: 'paired',
      udp: { mapping: 'endpoint-independent', refresh: 'outbound' },
      tcp: { mapping: 'endpoint-independent', simultaneousOpen: true, afterReset: 'hold' },
      icmp: { errorEndsMapping: false },
    });
  });

  test('RFC 4787 REQ-5, RFC 5382 REQ-5, RFC 6888 REQ-8: no timer is shorter than it may be', () => {
    const { udp, tcp, limits } = DEFAULT_BEHAVIOUR;
    expect(udp.timeoutMs).toBeGreaterThanOrEqual(2 * 60_000);
    expect(tcp.establishedMs).toBeGreaterThanOrEqual(124 * 60_000);
    expect(tcp.transitoryMs).toBeGreaterThanOrEqual(4 * 60_000);
    expect(limits.reuseHoldMs).toBeGreaterThanOrEqual(120_000);
  });
});

describe('resolveBehaviour', () => {
  test('nothing written is the defaults', () => {
    expect(resolveBehaviour({})).toEqual(DEFAULT_BEHAVIOUR);
  });

  test('mapping and filtering hold for UDP and TCP', () => {
    const { udp, tcp } = resolveBehaviour({ mapping: 'address-dependent', filtering: 'endpoint-independent' });
    for (const { mapping, filtering } of [udp, tcp]) {
      expect([mapping, filtering]).toEqual(['address-dependent', 'endpoint-independent']);
    }
  });

  test('what a protocol says for itself wins over what is said for both', () => {
    const { udp, tcp } = resolveBehaviour({ mapping: 'address-dependent', tcp: { mapping: 'endpoint-independent' } });
    expect([udp.mapping, tcp.mapping]).toEqual(['address-dependent', 'endpoint-independent']);
  });

  test('a group is completed field by field', () => {
    const behaviour = resolveBehaviour({ ports: { allocation: 'sequential' }, udp: { timeoutMs: 30_000 } });
    expect(behaviour.ports).toEqual({ ...DEFAULT_BEHAVIOUR.ports, allocation: 'sequential' });
    expect(behaviour.udp).toEqual({ ...DEFAULT_BEHAVIOUR.udp, timeoutMs: 30_000 });
    expect(behaviour.tcp).toEqual(DEFAULT_BEHAVIOUR.tcp);
  });

  test('lists and scalars are taken whole', () => {
    const behaviour = resolveBehaviour({ ports: { range: [2000, 2999] }, blocks: ['udp', 'tcp-in'], addresses: 4 });
    expect(behaviour.ports.range).toEqual([2000, 2999]);
    expect(behaviour.blocks).toEqual(['udp', 'tcp-in']);
    expect(behaviour.addresses).toBe(4);
  });

  test('the result has the keys of the vocabulary and no shorthand', () => {
    const full = resolveBehaviour({ mapping: 'address-dependent', filtering: 'address-dependent' });
    expect(Object.keys(full).sort()).toEqual(Object.keys(DEFAULT_BEHAVIOUR).sort());
  });

  test('neither the description nor the defaults are written to', () => {
    const defaults = structuredClone(DEFAULT_BEHAVIOUR);
    const description: NatDescription = { mapping: 'address-dependent', udp: { timeoutMs: 1 }, blocks: ['udp'] };
    const before = structuredClone(description);
    resolveBehaviour(description);
    expect(description).toEqual(before);
    expect(DEFAULT_BEHAVIOUR).toEqual(defaults);
  });
});

describe('extendDescription', () => {
  test('the upper description wins field by field', () => {
    const base: NatDescription = { hairpin: 'none', ports: { allocation: 'random', range: [2000, 2999] } };
    expect(extendDescription(base, { ports: { range: [3000, 3999] }, pooling: 'arbitrary' })).toMatchObject({
      hairpin: 'none',
      pooling: 'arbitrary',
      ports: { allocation: 'random', range: [3000, 3999] },
    });
  });

  test('what the upper one says of both transports wins over what the base says of one', () => {
    const base: NatDescription = { udp: { mapping: 'address-dependent', timeoutMs: 1 } };
    const { udp, tcp } = resolveBehaviour(extendDescription(base, { mapping: 'endpoint-independent' }));
    expect([udp.mapping, tcp.mapping, udp.timeoutMs]).toEqual(['endpoint-independent', 'endpoint-independent', 1]);
  });

  test('a list is replaced whole', () => {
    expect(extendDescription({ blocks: ['udp'] }, { blocks: ['tcp-in'] }).blocks).toEqual(['tcp-in']);
  });

  test('layers may be laid in any grouping', () => {
    const layers: NatDescription[] = [
      { ports: { allocation: 'random', step: 2 }, blocks: ['udp'] },
      { ports: { step: 3 }, udp: { timeoutMs: 1 } },
      { udp: { refresh: 'both' }, blocks: [] },
    ];
    const [a, b, c] = layers;
    expect(extendDescription(extendDescription(a, b), c)).toEqual(extendDescription(a, extendDescription(b, c)));
  });
});
