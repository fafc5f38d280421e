import { describe, expect, it } from 'vitest';
import type { NatDescription } from '../../core/nat/behaviour.ts';
import type { NatSite } from './nat-site.ts';
import { ADM, chain, EIM, FIREWALL, lines, SITE6 } from './rulesets.suite.ts';

describe('a firewall', () => {
  const rules = (
    name: string,
    transport: 'udp' | 'tcp',
    description: NatDescription = {},
    site: Partial<NatSite> = SITE6,
  ) => chain(name, transport, { ...FIREWALL, ...description }, site);
  const admitted = (description: NatDescription, site?: Partial<NatSite>) =>
    rules('forward', 'udp', description, site).filter((line) => line.endsWith('accept'));

  it.each<[string, NatDescription, string[]]>([
    ['lets in answers only: conntrack', {}, []],
    ['anybody, to where the inside has sent from', { filtering: EIM }, ['ip6 daddr . udp dport @udp_in accept']],
    [
      'by address',
      { filtering: ADM },
      ['ip6 daddr . udp dport @udp_in ip6 daddr . udp dport . ip6 saddr @udp_opened accept'],
    ],
    [
      'by endpoint, for all ports of a host',
      { filterScope: 'host' },
      ['ip6 daddr . udp dport @udp_in ip6 daddr . ip6 saddr . udp sport @udp_opened accept'],
    ],
  ])('%s', (_, description, expected) => {
    expect(admitted(description)).toEqual(expected.map((rule) => `iifname "wan" meta l4proto udp ${rule}`));
  });

  it('of IPv4 is the same', () => {
    expect(admitted({ filtering: EIM }, {})).toEqual([
      'iifname "wan" meta l4proto udp ip daddr . udp dport @udp_in accept',
    ]);
  });

  it('remembers hosts as they are inside, before anybody translates their prefix', () => {
    const learnt = rules('leaving', 'udp', { translation: 'nptv6', filtering: ADM });
    expect(learnt).toEqual([
      'oifname "wan" meta l4proto udp update @udp_in { ip6 saddr . udp sport }',
      'oifname "wan" meta l4proto udp update @udp_opened { ip6 saddr . udp sport . ip6 daddr }',
    ]);
  });

  it('keeps the permission of a TCP session that an RST ends, unless it ends with it', () => {
    expect(rules('forward', 'tcp').join()).toContain('@tcp_opened accept');
    expect(rules('forward', 'tcp', { tcp: { afterReset: 'remove' } }).join()).not.toContain('@tcp_opened');
  });

  it.each([
    ['drop', 'drop'],
    ['reset', 'reject with tcp reset'],
    ['icmp', 'reject with icmpv6 admin-prohibited'],
  ] as const)('answers an unsolicited SYN with %s', (unsolicited, statement) => {
    const syn = 'iifname "wan" tcp flags & (fin | syn | rst | ack) == syn counter name tcp_unsolicited_syn';
    const all = lines({ ...FIREWALL, tcp: { unsolicited, icmpDelayMs: 0 } }, SITE6);
    expect(all).toContain(`${syn} ${statement}`);
  });
});

describe('without a firewall', () => {
  it('a router filters nothing, and keeps no state', () => {
    expect(lines({ translation: 'none' }, SITE6).filter((line) => line.startsWith('chain'))).toEqual([]);
  });

  it('a router keeps its segments apart where it is to', () => {
    const apart = 'iifname "lan*" oifname "lan*" ct status ! dnat counter name router_isolated drop';
    expect(lines({ translation: 'none' }, { isolated: true })).toContain(apart);
  });

  it('prefixes are translated either way, and back to the inside only where that is asked for', () => {
    const [into, out] = [
      'ip6 daddr 2001:db8:8001::/48 dnat ip6 prefix to fd00:0:1::/48',
      'ip6 saddr fd00:0:1::/48 snat ip6 prefix to 2001:db8:8001::/48',
    ];
    const turning = lines({ translation: 'nptv6', hairpin: 'external-source' }, SITE6);
    expect(turning).toEqual(
      expect.arrayContaining([`iifname "wan" ${into}`, `iifname "lan*" ${into}`, `oifname "wan" ${out}`]),
    );
    const straight = lines({ translation: 'nptv6' }, SITE6);
    expect(straight).not.toContain(`iifname "lan*" ${into}`);
    expect(straight).toContain('iifname "lan*" ip6 daddr 2001:db8:8001::/48 counter name nat_hairpin_off drop');
  });
});
