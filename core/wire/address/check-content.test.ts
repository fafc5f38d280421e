import { describe, expect, it } from 'vitest';
import { canonicalAddress } from '../../net/ip.ts';
import { createAddress } from './address.ts';
import { UNKNOWN_NAT } from './address-content.ts';
import { example, identity, refusal } from './address-helpers.suite.ts';

describe('a rule', () => {
  const [first] = example.interfaces;
  const withFirst = (change: object) => ({ ...example, interfaces: [{ ...first!, ...change }] });
  it.each([
    ['interfaces[0].address', withFirst({ address: '0.0.0.0' })],
    ['interfaces[0].address', withFirst({ address: '239.1.2.3' })],
    ['interfaces[0].address', withFirst({ address: '255.255.255.255' })],
    ['interfaces[0].address', withFirst({ address: 'fe80::1%eth0' })],
    ['interfaces[0].address', withFirst({ address: '192.168.01.20' })],
    ['interfaces[0].external', withFirst({ external: 'ff02::1' })],
    ['interfaces[0].external', withFirst({ external: '2001:db8::5' })],
    ['interfaces[0].prefixLength', withFirst({ prefixLength: 33 })],
    ['interfaces[0].index', withFirst({ index: 256 })],
    ['interfaces[0].udp.port', withFirst({ udp: { nat: UNKNOWN_NAT, port: 0 } })],
    ['interfaces[0].udp.externalPort', withFirst({ udp: { nat: UNKNOWN_NAT, externalPort: 5 } })],
    ['interfaces[0].tcp.nat.step', withFirst({ tcp: { nat: { ...UNKNOWN_NAT, step: 1 } } })],
    ['interfaces[0].tcp.nat.step', withFirst({ tcp: { nat: { ...UNKNOWN_NAT, allocation: 'sequential' } } })],
    ['interfaces[1]', { ...example, interfaces: [first!, first!] }],
    ['interfaces', { ...example, interfaces: Array.from({ length: 17 }, (_, index) => ({ ...first!, index })) }],
    ['brokers', { ...example, brokers: [1, 2, 3, 4].map((port) => ({ address: '192.0.2.1', port })) }],
    ['brokers[1]', { ...example, brokers: [example.brokers[0]!, example.brokers[0]!] }],
    ['brokers[0].port', { ...example, brokers: [{ address: '192.0.2.1', port: 0 }] }],
    ['issuedAtMs', { ...example, issuedAtMs: 0.5 }],
    ['issuedAtMs', { ...example, issuedAtMs: -1 }],
    ['expiresAtMs', { ...example, expiresAtMs: example.issuedAtMs + 500 }],
    ['expiresAtMs - issuedAtMs', { ...example, expiresAtMs: example.issuedAtMs }],
    ['expiresAtMs - issuedAtMs', { ...example, expiresAtMs: example.issuedAtMs + 2 ** 32 * 1000 }],
  ] as const)('that is broken names %s', (field, fields) => {
    expect(() => createAddress(fields as typeof example, identity)).toThrow(
      new RegExp(`^${field.replaceAll(/[[\].]/g, '\\$&')} `),
    );
  });

  it('keeps IPv4 out of IPv6', () => {
    expect(canonicalAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(refusal(() => createAddress(withFirst({ address: '::ffff:192.0.2.1' }), identity))).toBe('malformed');
  });
});
