import { describe, expect, it } from 'vitest';
import { type AddressInterface, UNKNOWN_NAT } from '../../core/wire/address/address-content.ts';
import { fieldPath } from './field-path.ts';

const place = (address: string, external?: string): AddressInterface => ({
  ...{ index: 0, address, prefixLength: 24, udp: { nat: UNKNOWN_NAT }, tcp: { nat: UNKNOWN_NAT } },
  ...(external !== undefined && { external }),
});
const at = (address: string) => ({ address, port: 4242 });
const turn = [at('192.0.2.3')];
const home = { own: [place('10.0.1.2', '203.0.113.9')], peer: [place('10.0.7.2', '198.51.100.9')], turn };

describe('the path of a pipe in the field', () => {
  it.for([
    ['direct', '198.51.100.9', home],
    ['relayed', '192.0.2.3', home],
    ['lan', '10.0.7.2', home],
    ['hairpin', '203.0.113.9', { ...home, peer: [place('10.0.7.2', '203.0.113.9')] }],
    // The peer's address is public, and not on a network of ours.
    ['direct', '198.51.100.9', { ...home, peer: [place('198.51.100.9', '198.51.100.9')] }],
    ['lan', '203.0.113.8', { ...home, own: [place('203.0.113.9')], peer: [place('203.0.113.8')] }],
    // A peer on the TURN server's own machine: told from the server by the port, but not from what the server lends.
    ['direct', '192.0.2.3', { ...home, turn: [{ address: '192.0.2.3', port: 3480 }], peer: [place('192.0.2.3')] }],
    ['relayed', '192.0.2.3', { ...home, peer: [place('192.0.2.3')] }],
    ['relayed', '127.0.0.1', { own: [place('127.0.0.1')], peer: [place('127.0.0.1')], turn: [at('127.0.0.1')] }],
  ] as const)('is %s where the mark went to %s', ([path, address, places]) => {
    expect(fieldPath([at(address)], places)).toBe(path);
  });

  it('is nothing where no mark was seen, and relayed where one went both ways', () => {
    expect(fieldPath([], home)).toBeUndefined();
    expect(fieldPath([at('198.51.100.9'), at('192.0.2.3')], home)).toBe('relayed');
  });
});
