import { describe, expect, test } from 'vitest';
import { DEFAULT_BEHAVIOUR, type NatBehaviour, resolveBehaviour } from './behaviour.ts';
import { PRESETS } from './presets.ts';

const EI = 'endpoint-independent';
const AD = 'address-dependent';
const APD = 'address-and-port-dependent';

describe('the classic kinds', () => {
  test.each([
    ['open', EI, EI, 'preserving'],
    ['full-cone', EI, EI, 'preserving'],
    ['restricted-cone', EI, AD, 'preserving'],
    ['port-restricted-cone', EI, APD, 'preserving'],
    ['symmetric', APD, APD, 'random'],
    ['symmetric-sequential', APD, APD, 'sequential'],
    ['udp-blocked', EI, APD, 'preserving'],
  ])('RFC 3489 section 5 %s', (name, mapping, filtering, allocation) => {
    const behaviour = resolveBehaviour(PRESETS[name].behaviour);
    expect(behaviour.udp).toMatchObject({ mapping, filtering });
    expect(behaviour.tcp).toMatchObject({ mapping, filtering, unsolicited: 'drop' });
    expect(behaviour.ports.allocation).toBe(allocation);
  });

  test('are all that there are, and each is a point of its own', () => {
    expect(Object.keys(PRESETS)).toHaveLength(7);
    const points = Object.values(PRESETS).map(({ behaviour }) => JSON.stringify(resolveBehaviour(behaviour)));
    expect(new Set(points).size).toBe(points.length);
  });

  test('only the open one does not translate, and only udp-blocked blocks', () => {
    const where = (holds: (behaviour: NatBehaviour) => boolean) =>
      Object.keys(PRESETS).filter((name) => holds(resolveBehaviour(PRESETS[name].behaviour)));
    expect(where(({ translation }) => translation === 'none')).toEqual(['open']);
    expect(where(({ blocks }) => blocks.length > 0)).toEqual(['udp-blocked']);
  });

  test('keep the default of every field that they do not name', () => {
    for (const { behaviour } of Object.values(PRESETS)) {
      const { udp, hairpin, limits, pooling } = resolveBehaviour(behaviour);
      expect(udp.timeoutMs).toBe(DEFAULT_BEHAVIOUR.udp.timeoutMs);
      expect({ hairpin, limits, pooling }).toEqual({
        hairpin: DEFAULT_BEHAVIOUR.hairpin,
        limits: DEFAULT_BEHAVIOUR.limits,
        pooling: DEFAULT_BEHAVIOUR.pooling,
      });
    }
  });

  test('have one sentence for a legend, and a source', () => {
    for (const { summary, source } of Object.values(PRESETS)) {
      expect(summary).toMatch(/^[A-Z][^.]+\.$/);
      expect(source).toMatch(/RFC \d{4}/);
    }
  });
});
