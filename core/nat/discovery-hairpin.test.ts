import { describe, expect, it } from 'vitest';
import type { NatDescription } from './behaviour.ts';
import { judgeHairpin } from './discovery-hairpin.ts';
import { discover, PAIRS } from './discovery-world.suite.ts';
import { found } from './finding.ts';

const ALLOCATIONS = ['preserving', 'sequential', 'random'] as const;

describe('hairpin', () => {
  it.each(PAIRS)('is seen with $mapping mapping and $filtering filtering, as far as it can be', async (behaviour) => {
    // Elsewhere nobody can open the filter for a port that is not known yet.
    const visible = [behaviour.mapping, behaviour.filtering].includes('endpoint-independent');
    for (const allocation of ALLOCATIONS) {
      for (const hairpin of ['none', 'internal-source', 'external-source'] as const) {
        const report = await discover([{ ...behaviour, hairpin, ports: { allocation } }]);
        expect(report.hairpin.value).toBe(visible ? hairpin : 'unknown');
      }
    }
  });

  it('is seen at the carrier, whichever address packets come from', async () => {
    const home: NatDescription = { filtering: 'endpoint-independent' };
    for (const hairpin of ['none', 'internal-source', 'external-source'] as const) {
      const report = await discover([home, { filtering: 'endpoint-independent', hairpin }]);
      expect(report.hairpin.value).toBe(hairpin);
    }
  });

  it('is seen where external addresses come from a pool', async () => {
    for (const seed of ['one', 'two', 'three', 'four']) {
      const nat: NatDescription = { addresses: 4, pooling: 'arbitrary', hairpin: 'external-source' };
      expect((await discover([nat], { seed })).hairpin.value).toBe('external-source');
    }
  });
});

describe('judgeHairpin', () => {
  const independent = { mapping: found('endpoint-independent', ''), filtering: found('endpoint-independent', '') };
  const silence = { outcome: 'silent', rounds: 6, loss: { asked: 6, answered: 6 } } as const;
  const seen = { arrival: undefined, mapped: [{ address: '203.0.113.1', port: 1 }], own: ['10.0.0.2'], silence };

  it.each([
    ['203.0.113.1', 'external-source'],
    ['203.0.113.77', 'external-source'],
    ['10.0.0.2', 'internal-source'],
    ['192.168.1.7', 'internal-source'],
    ['100.64.3.4', 'internal-source'],
  ])('knows where %s is', (address, value) => {
    expect(judgeHairpin(independent, { ...seen, arrival: { address, port: 9 } }).value).toBe(value);
  });

  it('believes the mapped address more than its looks', () => {
    const mapped = [{ address: '10.9.9.9', port: 1 }];
    const arrival = { address: '10.9.9.9', port: 2 };
    expect(judgeHairpin(independent, { ...seen, mapped, arrival }).value).toBe('external-source');
  });

  it('takes silence for none only if little gets lost, and no filter can be the cause', () => {
    expect(judgeHairpin(independent, seen).value).toBe('none');
    const lossy = { ...seen, silence: { ...silence, outcome: 'unknown' } as const };
    expect(judgeHairpin(independent, lossy).value).toBe('unknown');
    const dependent = { mapping: found('address-dependent', ''), filtering: found('address-dependent', '') };
    expect(judgeHairpin(dependent, seen)).toMatchObject({ value: 'unknown', why: expect.stringContaining('filter') });
  });
});
