import { describe, expect, it } from 'vitest';
import { type NatDescription, resolveBehaviour } from '../core/nat/behaviour.ts';
import { type OracleQuestion, oracle } from './oracle.ts';

const EASY: NatDescription = { filtering: 'endpoint-independent' };

function verdict(description: NatDescription, plugin = 'udp-punch', more: Partial<OracleQuestion> = {}) {
  const a = [resolveBehaviour({ ...EASY, ...description })];
  const question = { a, b: [resolveBehaviour(EASY)], topology: 'separate', plugins: [plugin], ...more } as const;
  return oracle(question).perPlugin[0]!;
}

describe('what a NAT may run out of or take amiss', () => {
  it.each<[string, NatDescription, string]>([
    ['mappings', { limits: { mappings: 8 } }, 'run out of mappings'],
    ['mappings of a host', { limits: { perHost: 8 } }, 'run out of mappings'],
    ['sessions a second', { limits: { sessionRate: 5 } }, 'open sessions too slowly'],
    ['ports of a block', { ports: { allocation: 'block', blockSize: 16 } }, 'run out of ports'],
    ['ports of a range', { ports: { range: [40000, 40020] } }, 'run out of ports'],
    ['ports that others take', { ports: { allocation: 'random', contention: 1000 } }, 'run out of ports'],
    ['patience with probes', { scanGuard: { probes: 3 } }, 'first probes for a scan'],
    ['a mapping to an error', { icmp: { errorEndsMapping: true } }, 'ICMP error may end its mapping'],
  ])('%s', (_what, description, why) => {
    expect(verdict(description)).toMatchObject({ expected: 'sometimes', why: expect.stringContaining(why) });
  });

  it('is none where there is plenty', () => {
    const plenty = { limits: { mappings: 65_000, perHost: 1000, sessionRate: 200 }, scanGuard: { probes: 1000 } };
    expect(verdict(plenty).expected).toBe('always');
  });

  it('of a scan there is no question for who only dials', () => {
    const a = [resolveBehaviour({ scanGuard: { probes: 3 } })];
    const [dial] = oracle({ a, b: [], topology: 'separate', plugins: ['direct-connect'] }).perPlugin;
    expect(dial!.expected).toBe('always');
  });

  it('what is impossible stays so', () => {
    expect(verdict({ blocks: ['udp'], limits: { mappings: 8 } }).expected).toBe('never');
  });
});

describe('NATs of several minds', () => {
  const STRICT: NatDescription = { filtering: 'address-and-port-dependent' };
  const against = (b: NatDescription) => ({ b: [resolveBehaviour({ ...STRICT, ...b })] });

  it.each<[string, NatDescription]>([
    ['under load', { secondary: { underLoad: 4 }, ports: { allocation: 'random' } }],
    ['on a port collision', { secondary: { onCollision: true } }],
    ['towards who comes first', { inboundFirst: 'clash' }],
  ])('that map otherwise %s: it depends', (_what, b) => {
    expect(verdict(STRICT, 'udp-punch', against(b))).toMatchObject({
      expected: 'sometimes',
      why: expect.stringContaining('RFC 4787 REQ-11'),
    });
  });

  it('who comes first to a port that has no mapping yet may have cost it', () => {
    const counted: NatDescription = { mapping: 'address-dependent', ...STRICT, ports: { allocation: 'sequential' } };
    const open = { mapping: 'address-and-port-dependent', filtering: 'endpoint-independent' } as const;
    expect(verdict(counted, 'udp-punch', against(open)).expected).toBe('always');
    expect(verdict(counted, 'udp-punch', against({ ...open, inboundFirst: 'clash' })).expected).toBe('sometimes');
    const steady = { ...open, mapping: 'endpoint-independent', inboundFirst: 'clash' } as const;
    expect(verdict(counted, 'udp-punch', against(steady)).expected).toBe('always');
  });

  it('it does not if either mind connects', () => {
    expect(verdict({ secondary: { underLoad: 4 } }).expected).toBe('always');
  });

  it('a port that is kept is a known one, for one destination or for several', () => {
    const symmetric: NatDescription = { mapping: 'address-and-port-dependent', ...STRICT };
    const random = { ...symmetric, ports: { allocation: 'random' } } as const;
    expect(verdict(random, 'tcp-punch', against({})).expected).toBe('never');
    const shared = { ...symmetric, ports: { overlapping: true } };
    expect(verdict(shared, 'tcp-punch', against({})).expected).toBe('always');
    const moved = {
      ...symmetric,
      ports: { allocation: 'offset', offset: 7, parity: true, overlapping: true },
    } as const;
    expect(verdict(moved, 'udp-punch', against({})).expected).toBe('sometimes');
  });
});

describe('knobs', () => {
  it('where NATs reboot or are renumbered meanwhile, nothing is certain', () => {
    expect(verdict({}, 'udp-punch', { knobs: { upheaval: true } }).expected).toBe('sometimes');
  });

  it('one try of TCP finds a filter that resets shut, perhaps', () => {
    const resetting: NatDescription = { filtering: 'address-dependent', tcp: { unsolicited: 'reset' } };
    const b = [resolveBehaviour({ filtering: 'address-dependent' })];
    expect(verdict(resetting, 'tcp-punch', { b }).expected).toBe('always');
    expect(verdict(resetting, 'tcp-punch', { b, knobs: { retries: false } }).expected).toBe('sometimes');
  });
});

describe('behind one NAT', () => {
  const where = (topology: OracleQuestion['topology'], shared: NatDescription) => {
    const chain = [resolveBehaviour({ ...EASY, ...shared })];
    return oracle({ a: chain, b: chain, topology, plugins: ['direct-connect'] }).perPlugin[0]!.expected;
  };

  it('peers find each other inside if they look alike outside', () => {
    expect(where('same-nat', {})).toBe('always');
    expect(where('same-nat', { addresses: 3 })).toBe('sometimes');
    expect(where('same-nat', { allow: ['tcp/443'] })).toBe('never');
    expect(where('same-lan', { allow: ['tcp/443'] })).toBe('always');
  });
});
