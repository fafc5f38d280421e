import { describe, expect, test } from 'vitest';
import { DEFAULT_BEHAVIOUR, type NatBehaviour, resolveBehaviour } from './behaviour.ts';
import { CLASSIC } from './presets/classic.ts';
import { fieldsOf } from './presets/preset.ts';
import { PRESETS } from './presets.ts';

const EI = 'endpoint-independent';
const AD = 'address-dependent';
const APD = 'address-and-port-dependent';
const all = Object.entries(PRESETS).map(([name, preset]) => ({ name, ...preset }));
const resolved = (name: string) => resolveBehaviour(PRESETS[name]!.behaviour);

describe('the classic kinds', () => {
  test.each([
    ['open', EI, EI, 'preserving'],
    ['symmetric-udp-firewall', EI, APD, 'preserving'],
    ['full-cone', EI, EI, 'preserving'],
    ['restricted-cone', EI, AD, 'preserving'],
    ['port-restricted-cone', EI, APD, 'preserving'],
    ['symmetric', APD, APD, 'random'],
    ['symmetric-sequential', APD, APD, 'sequential'],
    ['udp-blocked', EI, APD, 'preserving'],
  ] as const)('RFC 3489 section 5 %s, and otherwise the defaults', (name, mapping, filtering, allocation) => {
    const { udp, tcp, ports } = DEFAULT_BEHAVIOUR;
    expect(resolved(name)).toEqual({
      ...DEFAULT_BEHAVIOUR,
      translation: name === 'open' || name === 'symmetric-udp-firewall' ? 'none' : 'napt',
      firewall: name === 'symmetric-udp-firewall',
      udp: { ...udp, mapping, filtering },
      tcp: { ...tcp, mapping, filtering },
      ports: { ...ports, allocation },
      blocks: name === 'udp-blocked' ? ['udp'] : [],
    });
  });

  test('are seven, and one whose ports can be guessed', () => {
    expect(Object.keys(CLASSIC)).toHaveLength(8);
  });
});

describe('every preset', () => {
  test('is a point of its own', () => {
    const points = all.map(({ name }) => JSON.stringify(resolved(name)));
    expect(new Set(points).size).toBe(points.length);
  });

  test.each(all)('$name has one sentence for a legend', ({ summary }) => {
    expect(summary).toMatch(/^[A-Z][^.]+\.$/);
  });

  test.each(all)('$name says each field once, with its source, and says nothing else', ({ behaviour, fields }) => {
    const said = fields.flatMap(({ says }) => fieldsOf(says));
    expect(new Set(said).size).toBe(said.length);
    expect([...said].sort()).toEqual(fieldsOf(behaviour).sort());
    for (const { source, confidence } of fields) {
      expect(source.length).toBeGreaterThan(10);
      // What was measured or documented can be looked up: a standard, a year, a product or a manual page.
      if (confidence !== 'assumed') expect(source).toMatch(/RFC \d{4}|\(20\d\d\)|Linux|BSD|pf|Cisco|Twilio|\(8\)/);
    }
  });

  test('says first of all how it maps and filters', () => {
    const silent = all.filter(({ fields }) => {
      const said = new Set(fields.flatMap(({ says }) => fieldsOf(says)));
      return ['udp.mapping', 'udp.filtering', 'tcp.mapping'].some((field) => !said.has(field));
    });
    expect(silent.map(({ name }) => name)).toEqual([]);
  });
});

describe('what presets claim', () => {
  test('RFC 4787, 5382 and 7857: the compliant ones are within every limit', () => {
    for (const name of ['rfc-compliant', 'rfc-compliant-strict', 'carrier-compliant']) {
      const { udp, tcp, ports, hairpin, icmp } = resolved(name);
      expect([udp.mapping, tcp.mapping]).toEqual([EI, EI]); // RFC 4787 REQ-1, RFC 5382 REQ-1
      expect(ports.overlapping).toBe(false); // RFC 4787 REQ-3
      expect(udp.timeoutMs).toBeGreaterThanOrEqual(120_000); // RFC 4787 REQ-5
      expect(udp.refresh).not.toBe('inbound'); // RFC 4787 REQ-6
      expect([EI, AD]).toContain(udp.filtering); // RFC 4787 REQ-8
      expect(hairpin).toBe('external-source'); // RFC 4787 REQ-9a
      expect(icmp.errorEndsMapping).toBe(false); // RFC 4787 REQ-12
      expect(tcp.simultaneousOpen).toBe(true); // RFC 5382 REQ-2
      expect(tcp.unsolicited).not.toBe('reset');
      expect(tcp.icmpDelayMs).toBeGreaterThanOrEqual(6000); // RFC 5382 REQ-4
      expect(tcp.establishedMs).toBeGreaterThanOrEqual(7_440_000); // RFC 5382 REQ-5
      expect(tcp.transitoryMs).toBeGreaterThanOrEqual(240_000);
      expect(tcp.afterReset).toBe('hold'); // RFC 7857 section 2.2
    }
  });

  test('RFC 6888: a compliant carrier NAT pairs addresses, limits hosts and lets freed ports rest', () => {
    const { pooling, limits, udp } = resolved('carrier-compliant');
    expect(pooling).toBe('paired'); // REQ-2
    expect(limits.perHost).toBeGreaterThan(0); // REQ-4
    expect(udp.filtering).toBe(EI); // REQ-7
    expect(limits.reuseHoldMs).toBeGreaterThanOrEqual(120_000); // REQ-8
  });

  test('carriers have timers of 30 to 65 seconds, and every allocation there is', () => {
    const carriers = Object.keys(PRESETS).filter((name) => /^carrier-(?!compliant)/.test(name));
    const allocations = carriers.map((name) => resolved(name).ports.allocation);
    expect(new Set(allocations)).toEqual(new Set(['random', 'sequential', 'preserving', 'block']));
    for (const name of [...carriers, 'twilio-super-sim']) {
      expect(resolved(name).udp.timeoutMs).toBeGreaterThanOrEqual(30_000);
      expect(resolved(name).udp.timeoutMs).toBeLessThanOrEqual(65_000);
    }
    expect(carriers.filter((name) => resolved(name).pooling === 'arbitrary')).toEqual(['carrier-pool']);
  });

  test('only the open one, those of IPv6, and the way that leads nowhere do not translate', () => {
    const where = (holds: (behaviour: NatBehaviour) => boolean) =>
      Object.keys(PRESETS).filter((name) => holds(resolved(name)));
    expect(where(({ translation }) => translation === 'none')).toEqual([
      'open',
      'symmetric-udp-firewall',
      'ipv6-firewall',
      'ipv6-firewall-compliant',
      'ipv6-firewall-transparent',
      'black-hole',
    ]);
    expect(where(({ blocks }) => blocks.includes('udp'))).toEqual(['udp-blocked', 'enterprise-firewall', 'black-hole']);
    expect(where(({ allow }) => allow !== 'everything')).toEqual(['dns-and-web-only', 'web-only']);
  });
});
