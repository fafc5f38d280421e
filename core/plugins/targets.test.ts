import { describe, expect, it } from 'vitest';
import { type AddressContent, type AddressInterface, UNKNOWN_NAT } from '../wire/address/address-content.ts';
import { listeningTargets, sharedNetworkTargets } from './targets.ts';

function place(address: string, prefixLength: number, external?: string, externalPort?: number): AddressInterface {
  const tcp = { nat: UNKNOWN_NAT, port: 10_001, ...(externalPort !== undefined && { externalPort }) };
  return { index: 0, address, prefixLength, ...(external && { external }), udp: { nat: UNKNOWN_NAT }, tcp };
}

function node(...interfaces: AddressInterface[]): AddressContent {
  return { publicKey: new Uint8Array(33), issuedAtMs: 0, interfaces, brokers: [] };
}

describe('listeningTargets', () => {
  const cases: [string, AddressContent, AddressContent, string[]][] = [
    [
      'the external address across the Internet, not the private one',
      node(place('10.0.1.2', 24, '203.0.113.1')),
      node(place('10.0.2.2', 24, '203.0.113.2')),
      ['203.0.113.2:10001'],
    ],
    [
      'the mapped port where one is known',
      node(place('10.0.1.2', 24, '203.0.113.1')),
      node(place('10.0.2.2', 24, '203.0.113.2', 4000)),
      ['203.0.113.2:4000'],
    ],
    [
      'both in one home',
      node(place('192.168.1.2', 24, '203.0.113.1')),
      node(place('192.168.1.3', 24, '203.0.113.1')),
      ['192.168.1.3:10001', '203.0.113.1:10001'],
    ],
    [
      'both behind one NAT, which may route between its segments',
      node(place('192.168.1.2', 24, '203.0.113.1')),
      node(place('192.168.2.3', 24, '203.0.113.1')),
      ['192.168.2.3:10001', '203.0.113.1:10001'],
    ],
    [
      'never a private address that two homes both use',
      node(place('192.168.1.2', 24, '203.0.113.1')),
      node(place('192.168.1.3', 24, '203.0.113.2')),
      ['203.0.113.2:10001'],
    ],
    [
      'each once, for two public hosts in one network',
      node(place('198.51.100.2', 24, '198.51.100.2')),
      node(place('198.51.100.3', 24, '198.51.100.3')),
      ['198.51.100.3:10001'],
    ],
    [
      'nothing of a family that we have not',
      node(place('10.0.1.2', 24, '203.0.113.1')),
      node(place('2001:db8::2', 64, '2001:db8::2')),
      [],
    ],
    ['nothing without an external address', node(place('10.0.1.2', 24)), node(place('10.9.2.2', 24)), []],
  ];
  it.each(cases)('gives %s', (_, local, remote, expected) => {
    const targets = listeningTargets(local, remote, 'tcp').map(({ address, port }) => `${address}:${port}`);
    expect(targets).toEqual(expected);
  });

  it('gives at most eight, however many the peer names', () => {
    const many = Array.from({ length: 16 }, (_, index) => place(`10.0.0.${index}`, 24, `203.0.113.${index}`));
    expect(listeningTargets(node(place('10.1.0.1', 24)), node(...many), 'tcp')).toHaveLength(8);
  });
});

describe('sharedNetworkTargets', () => {
  it('gives the private address in one home only', () => {
    const home = node(place('192.168.1.2', 24, '203.0.113.1'));
    expect(sharedNetworkTargets(home, node(place('192.168.1.3', 24, '203.0.113.1')), 5000)).toEqual([
      { address: '192.168.1.3', port: 5000 },
    ]);
    expect(sharedNetworkTargets(home, node(place('192.168.1.3', 24, '203.0.113.9')), 5000)).toEqual([]);
  });
});
