import { describe, expect, test } from 'vitest';
import { type AddressContent, UNKNOWN_NAT } from '../wire/address/address-content.ts';
import { dialRoutes } from './dial-routes.ts';

const transport = { nat: UNKNOWN_NAT };

function host(...addresses: readonly string[]): AddressContent {
  const interfaces = addresses.map((text, index) => {
    const [address = '', length] = text.split('/');
    return { index, address, prefixLength: Number(length), udp: transport, tcp: transport };
  });
  return { publicKey: new Uint8Array(33), issuedAtMs: 0, interfaces, brokers: [] };
}

function routes(local: AddressContent, ...targets: readonly string[]): string[] {
  const endpoints = targets.map((address) => ({ address, port: 9 }));
  return dialRoutes(local, endpoints).map(
    ({ target, localAddress }) => (localAddress === undefined ? '' : `${localAddress} > `) + target.address,
  );
}

describe('dialRoutes', () => {
  test('leaves the source to the route where a family has one address', () => {
    expect(routes(host('10.0.0.2/24'), '203.0.113.1', '10.0.0.3')).toEqual(['203.0.113.1', '10.0.0.3']);
  });

  test('IPv6 first, then the families by turns (RFC 8305 section 4)', () => {
    const local = host('10.0.0.2/24', '2001:db8:1::2/64');
    expect(routes(local, '203.0.113.1', '203.0.113.2', '2001:db8:2::1', '2001:db8:3::1', '2001:db8:4::1')).toEqual([
      '2001:db8:2::1',
      '203.0.113.1',
      '2001:db8:3::1',
      '203.0.113.2',
      '2001:db8:4::1',
    ]);
  });

  test('IPv4 first for who has but a unique local address (RFC 6724 rule 5)', () => {
    const local = host('10.0.0.2/24', 'fd00::2/64');
    expect(routes(local, '2001:db8:2::1', '203.0.113.1')).toEqual(['203.0.113.1', '2001:db8:2::1']);
  });

  test('from every interface, in the order of ours', () => {
    const local = host('10.0.0.2/24', '100.64.0.2/32');
    expect(routes(local, '203.0.113.1')).toEqual(['10.0.0.2 > 203.0.113.1', '100.64.0.2 > 203.0.113.1']);
  });

  test('what is on the link of one interface is dialled from there alone', () => {
    const local = host('10.0.0.2/24', '10.0.1.2/24');
    expect(routes(local, '10.0.1.3')).toEqual(['10.0.1.2 > 10.0.1.3']);
  });

  test('a dozen at most', () => {
    const local = host('10.0.0.2/24', '100.64.0.2/32');
    const targets = Array.from({ length: 8 }, (_, index) => `203.0.113.${index}`);
    expect(routes(local, ...targets)).toHaveLength(12);
    expect(routes(local)).toEqual([]);
  });
});
