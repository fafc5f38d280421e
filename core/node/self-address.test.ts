import { describe, expect, it } from 'vitest';
import { Identity } from '../identity/identity.ts';
import type { NatDescription } from '../nat/behaviour.ts';
import { play } from '../nat/discovery-world.suite.ts';
import { createAddress, parseAddress } from '../wire/address/address.ts';
import type { AddressInterface, NatTraits } from '../wire/address/address-content.ts';
import { describeSelf } from './self-address.ts';

/** What the address of a node behind a NAT tells others, after a journey as bytes. */
function interfacesBehind(nats: readonly NatDescription[], withServers = true): Promise<readonly AddressInterface[]> {
  return play(nats, {}, async ({ host, servers }) => {
    const stun = withServers ? servers : [];
    const self = await describeSelf(host, { stun, portOf: () => 4711, bindAddress: undefined });
    const { bytes } = createAddress({ ...self, issuedAtMs: 0, brokers: [] }, Identity.generate(host));
    return parseAddress(bytes, host.signer).interfaces;
  });
}

const INDEPENDENT = 'endpoint-independent';
const DEPENDENT = 'address-and-port-dependent';

describe('an address tells of', () => {
  it.each<[string, NatDescription[], NatTraits, NatTraits]>([
    [
      'no NAT',
      [],
      { mapping: 'none', filtering: INDEPENDENT, allocation: 'preserving', step: 0 },
      { mapping: 'none', filtering: 'unknown', allocation: 'preserving', step: 0 },
    ],
    [
      'a NAT that keeps ports',
      [{ filtering: 'address-dependent' }],
      { mapping: INDEPENDENT, filtering: 'address-dependent', allocation: 'preserving', step: 0 },
      { mapping: INDEPENDENT, filtering: 'unknown', allocation: 'preserving', step: 0 },
    ],
    [
      'a NAT that counts',
      [{ mapping: DEPENDENT, ports: { allocation: 'sequential', step: -2 } }],
      { mapping: DEPENDENT, filtering: DEPENDENT, allocation: 'sequential', step: -2 },
      { mapping: DEPENDENT, filtering: 'unknown', allocation: 'sequential', step: -2 },
    ],
    [
      'a NAT that draws ports',
      [{ mapping: DEPENDENT, ports: { allocation: 'random' }, tcp: { mapping: 'address-dependent' } }],
      { mapping: DEPENDENT, filtering: DEPENDENT, allocation: 'random', step: 0 },
      { mapping: 'address-dependent', filtering: 'unknown', allocation: 'unknown', step: 0 },
    ],
    [
      'a NAT that stops UDP',
      [{ blocks: ['udp'] }],
      { mapping: 'unknown', filtering: 'unknown', allocation: 'unknown', step: 0 },
      { mapping: INDEPENDENT, filtering: 'unknown', allocation: 'preserving', step: 0 },
    ],
  ])('%s', async (_name, nats, udp, tcp) => {
    const [own] = await interfacesBehind(nats);
    expect([own!.udp.nat, own!.tcp.nat]).toEqual([udp, tcp]);
    expect(own!.external).toMatch(/^203\.0\.113\./);
    expect([own!.udp.port, own!.tcp.port]).toEqual([undefined, 4711]);
  });

  it('nothing that nobody told the node', async () => {
    const [own] = await interfacesBehind([{}], false);
    expect(own).toMatchObject({ udp: { nat: { mapping: 'unknown' } }, tcp: { nat: { mapping: 'unknown' } } });
    expect(own!.external).toBeUndefined();
  });
});
