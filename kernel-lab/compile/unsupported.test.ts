import { describe, expect, it } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import { compileNat } from './compile-nat.ts';
import type { NatSite } from './nat-site.ts';
import { ADM, APDM, EIM, FIREWALL, lines, SITE, SITE6 } from './rulesets.suite.ts';

describe('what the kernel cannot do exactly is refused by its name', () => {
  it.each<[string, NatDescription, Partial<NatSite>?]>([
    ['portMapping', { portMapping: { protocols: ['pcp'] } }],
    ['translation: napt', {}, { family: 6 }],
    ['hairpin: internal-source', { translation: 'nptv6', hairpin: 'internal-source' }, SITE6],
    ['hairpin', { translation: 'nptv6', firewall: true, hairpin: 'external-source' }, { ...SITE6, insideHosts: 2 }],
    ['tcp.icmpDelay', { ...FIREWALL, tcp: { unsolicited: 'icmp' } }, SITE6],
    ['tcp.afterReset: remove', { ...FIREWALL, filtering: EIM, tcp: { afterReset: 'remove' } }, SITE6],
    ['udp.refresh: outbound', { ...FIREWALL, udp: { timeoutMs: 30_000 } }, SITE6],
    ['scanGuard', { ...FIREWALL, scanGuard: { probes: 9 } }, SITE6],
    ['ports.allocation: offset', { ports: { allocation: 'offset' } }],
    ['ports.allocation: local-sequential', { ports: { allocation: 'local-sequential' } }],
    ['ports.parity', { ports: { parity: true } }],
    ['ports.contention', { ports: { contention: 1 } }],
    ['secondary', { secondary: { onCollision: true } }],
    ['secondary', { secondary: { underLoad: 9 } }],
    ['pooling: arbitrary', { addresses: 2, pooling: 'arbitrary' }],
    ['addresses', { addresses: 2 }, { insideHosts: 2 }],
    ['ports.allocation: block', { ports: { allocation: 'block' } }, { insideHosts: 2 }],
    ['limits.mappings', { limits: { mappings: 9 } }],
    ['limits.perHost', { limits: { perHost: 9 } }],
    ['limits.sessionRate', { limits: { sessionRate: 9 } }],
    ['scanGuard', { scanGuard: { probes: 9 } }],
    ['icmp.errorEndsMapping', { icmp: { errorEndsMapping: true } }],
    ['udp.refresh: outbound', { udp: { timeoutMs: 30_000 } }],
    ['udp.timeout', { udp: { timeoutMs: 1500, refresh: 'both' } }],
    ['limits.reuseHold', { udp: { timeoutMs: 2000, refresh: 'both' } }, { insideHosts: 2 }],
    ['tcp.icmpDelay', { tcp: { unsolicited: 'icmp' } }],
    ['tcp.afterReset: remove', { filtering: EIM, tcp: { afterReset: 'remove' } }],
    ['tcp.afterReset: remove', { ports: { allocation: 'random' }, tcp: { afterReset: 'remove' } }],
    ['tcp.transitory', { tcp: { transitoryMs: 4000 } }],
    ['filterScope: host', { filterScope: 'host' }, { insideHosts: 2 }],
    ['inboundSession: none', { mapping: APDM, filtering: EIM }],
    ['inboundSession: none', { mapping: ADM, filterScope: 'host' }],
    ['hairpin: internal-source', { hairpin: 'internal-source' }],
    ['hairpin', { hairpin: 'external-source', mapping: APDM }],
    ['hairpin', { hairpin: 'external-source', ports: { allocation: 'random' } }],
    ['inboundFirst: clash', { inboundFirst: 'clash' }],
    ['inboundFirst: clash', { inboundFirst: 'clash', filtering: EIM, tcp: { unsolicited: 'reset' } }],
    ['tcp.afterReset: ignore', { tcp: { afterReset: 'ignore' } }],
    ['translation: nat64', { translation: 'nat64' }],
    ['tcp.transitory', { tcp: { closingMs: 4000 } }],
  ])('%s', (start, description, site = {}) => {
    const compiled = compileNat(resolveBehaviour(description), { ...SITE, ...site });
    expect(compiled.kind === 'unsupported' && compiled.reason).toMatch(new RegExp(`^${start}[:,]`));
  });

  it('even if the vocabulary has grown since', () => {
    const behaviour = resolveBehaviour({});
    const grown: [object, RegExp][] = [
      [{ novelty: 'on' }, /^novelty: on: /],
      [{ udp: { ...behaviour.udp, novelty: 3 } }, /^udp.novelty: 3: /],
      [{ ports: { ...behaviour.ports, allocation: 'lottery' } }, /^ports.allocation: lottery: /],
    ];
    for (const [change, reason] of grown) {
      const compiled = compileNat({ ...behaviour, ...change }, SITE);
      expect(compiled).toEqual({ kind: 'unsupported', reason: expect.stringMatching(reason) });
    }
  });

  it('but not a timer that no trial lives to see', () => {
    expect(lines({ udp: { timeoutMs: 120_000, refresh: 'outbound' } })).not.toEqual([]);
    expect(lines({ tcp: { unsolicited: 'icmp' } }, { lifeMs: 5000 }).join()).not.toContain('reject');
  });

  it('and answers elsewhere than by the mapping only where there is another one', () => {
    expect(lines({ mapping: APDM, filtering: EIM, inboundSession: 'bind' })).not.toEqual([]);
    expect(lines({ mapping: ADM, filtering: ADM })).not.toEqual([]);
  });
});
