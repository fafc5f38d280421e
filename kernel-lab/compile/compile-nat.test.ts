import { describe, expect, it } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../../core/nat/behaviour.ts';
import { compileNat } from './compile-nat.ts';
import type { NatSite } from './nat-site.ts';
import { sequentialPorts } from './port-clause.ts';
import { ADM, APDM, chain, EIM, lines, SITE } from './rulesets.suite.ts';

describe('mapping', () => {
  it.each<[string, NatDescription, Partial<NatSite>, string[]]>([
    ['a kept port is left to conntrack', {}, {}, ['snat ip to 203.0.113.10:1024-65535']],
    [
      'of two hosts, one keeps it and the other gets a port for good',
      {},
      { insideHosts: 2 },
      [
        'snat ip to 203.0.113.10 : ip saddr . udp sport map @udp_out',
        'udp sport @udp_used snat ip to 203.0.113.10:1024-65535 fully-random',
        'snat ip to 203.0.113.10:1024-65535',
      ],
    ],
    [
      'unless they may share it, as Linux has it',
      { ports: { overlapping: true } },
      { insideHosts: 2 },
      ['snat ip to 203.0.113.10:1024-65535'],
    ],
    [
      'one random port for each socket is remembered',
      { ports: { allocation: 'random', range: [2000, 2999] } },
      {},
      ['snat ip to 203.0.113.10 : ip saddr . udp sport map @udp_out', 'snat ip to 203.0.113.10:2000-2999 fully-random'],
    ],
    [
      'one for each address, by address',
      { mapping: ADM, ports: { allocation: 'random' } },
      {},
      [
        'snat ip to 203.0.113.10 : ip saddr . udp sport . ip daddr map @udp_out',
        'snat ip to 203.0.113.10:1024-65535 fully-random',
      ],
    ],
    [
      'one for each endpoint is what conntrack does',
      { mapping: APDM, ports: { allocation: 'random' } },
      {},
      ['snat ip to 203.0.113.10:1024-65535 fully-random'],
    ],
    [
      'a symmetric NAT keeps the first port only',
      { mapping: APDM },
      {},
      ['udp sport @udp_used snat ip to 203.0.113.10:1024-65535 fully-random', 'snat ip to 203.0.113.10:1024-65535'],
    ],
    [
      'a host has one block',
      { mapping: APDM, ports: { allocation: 'block', blockSize: 512, range: [1024, 65_535] } },
      { start: 0.5 },
      ['snat ip to 203.0.113.10:33280-33791 fully-random'],
    ],
    [
      'a sequence is a map',
      { mapping: APDM, ports: { allocation: 'sequential', step: 2, range: [40_000, 40_005] } },
      {},
      ['snat ip to 203.0.113.10 : numgen inc mod 3 map { 0 : 40000, 1 : 40002, 2 : 40004 }'],
    ],
  ])('%s', (_, description, site, expected) => {
    const rules = chain('postrouting', 'udp', description, site);
    expect(rules).toEqual(expected.map((rule) => `oifname "wan" meta l4proto udp ${rule}`));
  });

  it('after a reset that a mapping outlives, TCP finds its port in a table', () => {
    const symmetric = { mapping: APDM, ports: { allocation: 'random' } } as const;
    expect(chain('postrouting', 'tcp', symmetric)[0]).toContain(
      'ip saddr . tcp sport . ip daddr . tcp dport map @tcp_out',
    );
    const forgetful = { ...symmetric, tcp: { afterReset: 'remove' } } as const;
    expect(chain('postrouting', 'tcp', forgetful)).toHaveLength(1);
  });
});

describe('filtering', () => {
  it.each<[string, NatDescription, string[]]>([
    ['answers only: conntrack', {}, []],
    ['anybody', { filtering: EIM }, ['dnat ip to udp dport map @udp_in']],
    ['by address', { filtering: ADM }, ['udp dport . ip saddr @udp_opened dnat ip to udp dport map @udp_in']],
    [
      'by address, for all of the host’s mappings',
      { filtering: ADM, filterScope: 'host' },
      ['ip saddr @udp_opened dnat ip to udp dport map @udp_in'],
    ],
    [
      'by endpoint, for all of the host’s mappings',
      { filterScope: 'host' },
      ['ip saddr . udp sport @udp_opened dnat ip to udp dport map @udp_in'],
    ],
  ])('%s', (_, description, expected) => {
    const rules = chain('prerouting', 'udp', description);
    expect(rules).toEqual(expected.map((rule) => `iifname "wan" ip daddr 203.0.113.10 meta l4proto udp ${rule}`));
  });

  it('keeps the permission of a TCP session that an RST ends, unless it ends with it', () => {
    const admitted = 'tcp dport . ip saddr . tcp sport @tcp_opened';
    expect(chain('prerouting', 'tcp', {}).join()).toContain(admitted);
    expect(chain('prerouting', 'tcp', { tcp: { afterReset: 'remove' } })).toEqual([]);
    // And a host that answers with an RST opens itself to nobody.
    expect(chain('learn', 'tcp', {}).join()).toContain('tcp flags & rst == 0x0 update @tcp_opened');
  });

  it.each([
    ['drop', 'drop'],
    ['reset', 'reject with tcp reset'],
    ['icmp', 'reject with icmp port-unreachable'],
  ] as const)('answers an unsolicited SYN with %s', (unsolicited, statement) => {
    const syn = 'iifname "wan" tcp flags & (fin | syn | rst | ack) == syn counter name tcp_unsolicited_syn';
    expect(lines({ tcp: { unsolicited, icmpDelayMs: 0 } })).toContain(`${syn} ${statement}`);
  });
});

describe('hairpinning', () => {
  const toItself = (description: NatDescription) =>
    chain('prerouting', 'udp', description, { insideHosts: 2 }).filter((rule) => rule.startsWith('iifname "lan*"'));

  it('is off by default, and says so', () => {
    expect(toItself({})).toEqual([]);
    expect(lines({}).join('\n')).toContain('meta l4proto { tcp, udp } counter name nat_hairpin_off drop');
  });

  it('turns packets round, and filters them like any other', () => {
    expect(toItself({ hairpin: 'external-source', filtering: EIM })).toEqual([
      'iifname "lan*" ip daddr 203.0.113.10 meta l4proto udp dnat ip to udp dport map @udp_in',
    ]);
    expect(toItself({ hairpin: 'external-source' })).toEqual([
      'iifname "lan*" ip daddr 203.0.113.10 meta l4proto udp udp dport . ip daddr . udp sport @udp_opened dnat ip to udp dport map @udp_in',
    ]);
  });
});

describe('policy and timers', () => {
  it('blocks', () => {
    expect(lines({ blocks: ['udp'] })).toContain(
      'iifname "lan*" oifname "wan" meta l4proto udp counter name policy_udp drop',
    );
    expect(lines({ blocks: ['udp'] }).join()).not.toContain('@udp_used');
    expect(lines({ translation: 'none', blocks: ['udp'] })).toContain(
      'iifname "wan" meta l4proto udp counter name policy_udp drop',
    );
  });

  it('drops ICMP either way', () => {
    for (const translation of ['napt', 'none'] as const) {
      expect(lines({ translation, blocks: ['icmp'] })).toContain('meta l4proto icmp counter name policy_icmp drop');
    }
  });

  it('lets conntrack note what comes in first, as a router without a firewall does', () => {
    const bare = { ports: { overlapping: true }, tcp: { afterReset: 'remove', unsolicited: 'reset' } } as const;
    const input = (inboundFirst: 'none' | 'clash') =>
      lines({ ...bare, inboundFirst }).filter((line) => line.includes('"wan"') && line.endsWith('drop'));
    expect(input('none').length).toBeGreaterThan(input('clash').length);
    expect(lines({ ...bare, inboundFirst: 'clash' })).toContain(
      'iifname "wan" meta l4proto udp counter name filter_udp',
    );
  });

  it('admits a few ports', () => {
    expect(lines({ allow: ['tcp/443', 'udp/53'] })).toContain(
      'iifname "lan*" oifname "wan" meta l4proto { tcp, udp } meta l4proto . th dport != { tcp . 443, udp . 53 } counter name policy_port drop',
    );
  });

  it('sets the timers of conntrack and of the tables', () => {
    const short = resolveBehaviour({ filtering: EIM, udp: { timeoutMs: 5000, refresh: 'both' } });
    const compiled = compileNat(short, SITE);
    if (compiled.kind === 'unsupported') throw new Error(compiled.reason);
    expect(compiled.sysctls.get('net/netfilter/nf_conntrack_udp_timeout')).toBe(5);
    expect(compiled.sysctls.get('net/netfilter/nf_conntrack_udp_timeout_stream')).toBe(5);
    expect(compiled.sysctls.get('net/netfilter/nf_conntrack_tcp_be_liberal')).toBe(1);
    expect(compiled.ruleset).toContain(
      'map udp_in { type inet_service : ipv4_addr . inet_service; flags dynamic,timeout; timeout 5s;',
    );
    expect(compiled.ruleset).toContain('ct direction reply update @udp_in');
  });
});

it('a sequence wraps within its range, either way, and ends before it repeats', () => {
  const ports = {
    allocation: 'sequential',
    range: [100, 109],
    parity: false,
    offset: 1000,
    blockSize: 1,
    contention: 0,
    overlapping: false,
  } as const;
  expect(sequentialPorts({ ...ports, step: 3 }, 0.8)).toEqual([108, 101, 104, 107, 100, 103, 106, 109, 102, 105]);
  expect(sequentialPorts({ ...ports, step: -5 }, 0)).toEqual([100, 105]);
});
