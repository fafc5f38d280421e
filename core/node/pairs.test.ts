import { describe, expect, test } from 'vitest';
import type { PlanInput } from '../plugins/plugin.ts';
import { type AddressContent, UNKNOWN_NAT } from '../wire/address/address-content.ts';
import { pairsOf } from './pairs.ts';

const transport = { nat: UNKNOWN_NAT };

/** Each as `ADDRESS/LENGTH` and, if it was seen from outside, ` EXTERNAL`. */
function content(...places: readonly string[]): AddressContent {
  const interfaces = places.map((text, index) => {
    const [own = '', external] = text.split(' ');
    const [address = '', length] = own.split('/');
    const seen = external === undefined ? {} : { external };
    return { index, address, prefixLength: Number(length), ...seen, udp: transport, tcp: transport };
  });
  return { publicKey: new Uint8Array(33), issuedAtMs: 0, interfaces, brokers: [] };
}

const servers = {
  stun: [
    { address: '192.0.2.2', port: 3478 },
    { address: '2001:db8:5::2', port: 3478 },
  ],
  turn: [{ endpoint: { address: '192.0.2.4', port: 3478 }, username: 'u', password: 'p' }],
};

function pairs(local: AddressContent, remote: AddressContent, role: PlanInput['role'] = 'initiator') {
  return pairsOf({ role, local, remote, servers, signalling: true }, remote);
}

function texts(local: AddressContent, remote: AddressContent, role: PlanInput['role'] = 'initiator'): string[] {
  return pairs(local, remote, role).map(({ label, input }) => {
    return `${input.local.interfaces[0]!.address} ${input.remote!.interfaces[0]!.address}${label}`;
  });
}

const HOME = '10.0.1.2/24 203.0.113.1';
const OTHER = '10.0.2.2/24 203.0.113.2';
const CELLULAR = '100.64.0.2/32 203.0.113.3';
const GLOBAL = '2001:db8:1::2/64 2001:db8:1::2';
const GLOBAL_OTHER = '2001:db8:2::2/64 2001:db8:2::2';

describe('pairsOf', () => {
  test('one address each: the one pair, which leaves the source to the route', () => {
    const [pair, ...others] = pairs(content(HOME), content(OTHER));
    expect(others).toEqual([]);
    expect(pair).toMatchObject({ label: '', bindAddress: undefined });
    expect(pair!.input.servers.stun).toEqual([servers.stun[0]]);
    expect(pair!.input.servers.turn).toEqual(servers.turn);
  });

  test('IPv6 before IPv4, each with servers of its family, and bound to its own address', () => {
    const both = pairs(content(HOME, GLOBAL), content(OTHER, GLOBAL_OTHER));
    expect(both.map(({ label }) => label)).toEqual(['/1-1', '']);
    expect(both[0]).toMatchObject({ bindAddress: '2001:db8:1::2' });
    expect(both[0]!.input.servers).toEqual({ stun: [servers.stun[1]], turn: [] });
    expect(both[1]!.bindAddress).toBeUndefined();
  });

  test('every interface with every other, under labels that both ends agree on', () => {
    const a = content(HOME, CELLULAR);
    const b = content(OTHER);
    expect(texts(a, b)).toEqual(['10.0.1.2 10.0.2.2', '100.64.0.2 10.0.2.2/1-0']);
    expect(texts(b, a, 'responder')).toEqual(['10.0.2.2 10.0.1.2', '10.0.2.2 100.64.0.2/1-0']);
    expect(pairs(a, b).map(({ bindAddress }) => bindAddress)).toEqual(['10.0.1.2', '100.64.0.2']);
  });

  test('a family that nobody was seen by is left alone, except among neighbours', () => {
    const broken = '2001:db8:1::2/64';
    expect(texts(content(HOME, broken), content(OTHER, GLOBAL_OTHER))).toEqual(['10.0.1.2 10.0.2.2']);
    expect(texts(content(HOME, broken), content(OTHER, '2001:db8:1::3/64'))).toEqual([
      '2001:db8:1::2 2001:db8:1::3/1-1',
      '10.0.1.2 10.0.2.2',
    ]);
    expect(texts(content('10.0.1.2/24'), content('10.0.2.2/24'))).toHaveLength(1);
  });

  test('none where no family is common, and half a dozen at most', () => {
    expect(pairs(content(HOME), content(GLOBAL))).toEqual([]);
    const many = Array.from({ length: 4 }, (_, index) => `10.0.${index}.2/24 203.0.113.${index}`);
    expect(pairs(content(...many), content(...many))).toHaveLength(6);
  });
});
