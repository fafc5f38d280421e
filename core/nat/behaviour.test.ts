import { describe, expect, it } from 'vitest';
import { DEFAULT_BEHAVIOUR, extendDescription, type NatDescription, resolveBehaviour } from './behaviour.ts';

describe('resolveBehaviour', () => {
  it('takes the default for what is left out', () => {
    expect(resolveBehaviour({})).toEqual(DEFAULT_BEHAVIOUR);
    expect(resolveBehaviour({ udp: { timeoutMs: 30_000 } }).udp).toEqual({
      ...DEFAULT_BEHAVIOUR.udp,
      timeoutMs: 30_000,
    });
  });

  it('lets mapping and filtering hold for UDP and TCP, but for what is said of one alone', () => {
    const behaviour = resolveBehaviour({
      mapping: 'address-dependent',
      filtering: 'endpoint-independent',
      tcp: { mapping: 'endpoint-independent' },
    });
    expect([behaviour.udp.mapping, behaviour.tcp.mapping]).toEqual(['address-dependent', 'endpoint-independent']);
    expect([behaviour.udp.filtering, behaviour.tcp.filtering]).toEqual([
      'endpoint-independent',
      'endpoint-independent',
    ]);
  });
});

describe('extendDescription', () => {
  it('lets the upper description win field by field', () => {
    const base: NatDescription = { hairpin: 'none', ports: { allocation: 'sequential', step: 2 } };
    expect(extendDescription(base, { ports: { step: 3 } })).toMatchObject({
      hairpin: 'none',
      ports: { allocation: 'sequential', step: 3 },
    });
  });

  it('lets what is said for both transports win over what the base says of one', () => {
    const base: NatDescription = { udp: { mapping: 'address-dependent' } };
    const { udp, tcp } = resolveBehaviour(extendDescription(base, { mapping: 'endpoint-independent' }));
    expect([udp.mapping, tcp.mapping]).toEqual(['endpoint-independent', 'endpoint-independent']);
  });

  it('replaces lists whole', () => {
    expect(extendDescription({ blocks: ['udp'] }, { blocks: ['tcp-in'] }).blocks).toEqual(['tcp-in']);
  });
});
