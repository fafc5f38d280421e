import { describe, expect, it } from 'vitest';
import type { AddressContent, NatTraits } from '../../wire/address/address-content.ts';
import { UNKNOWN_NAT } from '../../wire/address/address-content.ts';
import { outlookOf } from './outlook.ts';

const traits = (
  mapping: NatTraits['mapping'],
  filtering: NatTraits['filtering'],
  step = 0,
  random = false,
): NatTraits => {
  const allocation = random ? 'random' : step === 0 ? 'preserving' : 'sequential';
  return { mapping, filtering, allocation, step };
};
const EI = 'endpoint-independent';
const APD = 'address-and-port-dependent';
const open = traits('none', EI);
const cone = traits(EI, 'address-dependent');
const portRestricted = traits(EI, APD);
const counting = traits(APD, APD, 2);
const random = traits(APD, APD, 0, true);
const keeping = traits(APD, APD);

function at(external: string | undefined, udp: NatTraits, tcp = udp): AddressContent {
  const place = { index: 1, address: '10.0.0.2', prefixLength: 24, udp: { nat: udp }, tcp: { nat: tcp } };
  const interfaces = [{ ...place, ...(external !== undefined && { external }) }];
  return { publicKey: new Uint8Array(33), issuedAtMs: 0, interfaces, brokers: [] };
}

describe('the outlook of a direct path', () => {
  it.each([
    ['open', open, 'open', open, 'likely'],
    ['a cone', cone, 'a port-restricted cone', portRestricted, 'likely'],
    ['two port-restricted cones', portRestricted, '', portRestricted, 'likely'],
    ['a cone that filters by address', cone, 'random ports', random, 'likely'],
    ['a port-restricted cone', portRestricted, 'random ports', random, 'unsure'],
    ['a port-restricted cone', portRestricted, 'ports that count up', counting, 'unsure'],
    ['ports that count up', counting, 'the same', counting, 'unsure'],
    ['ports that are kept', keeping, 'ports that count up', counting, 'unsure'],
    ['random ports', random, 'the same', random, 'unlikely'],
    ['random ports', random, 'ports that count up', counting, 'unlikely'],
    ['nobody knows what', UNKNOWN_NAT, 'random ports', random, 'unsure'],
  ] as const)('%s with %3$s', (_first, one, _second, other, expected) => {
    const pair = [at('203.0.113.1', one), at('203.0.113.2', other)] as const;
    expect([outlookOf(...pair), outlookOf(pair[1], pair[0])]).toEqual([expected, expected]);
  });

  it('is unsure where both are behind one NAT, which may not turn packets round', () => {
    expect(outlookOf(at('203.0.113.1', cone), at('203.0.113.1', cone))).toBe('unsure');
  });

  it('is that of the better protocol', () => {
    expect(outlookOf(at('203.0.113.1', random, cone), at('203.0.113.2', random, cone))).toBe('unsure');
  });

  it('is unsure if the peer has not shown its address', () => {
    expect(outlookOf(at(undefined, random), undefined)).toBe('unsure');
  });
});
