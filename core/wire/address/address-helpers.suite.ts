import { expect } from 'vitest';
import { SimSigner } from '../../../simulator/world/signer.ts';
import { Identity } from '../../identity/identity.ts';
import { type AddressContent, UNKNOWN_NAT } from './address-content.ts';
import { AddressError, type AddressErrorCode } from './address-error.ts';

export const signer = new SimSigner();
export const identity = Identity.fromSecretKey(signer, new Uint8Array(32).fill(7));

export const example: Omit<AddressContent, 'publicKey'> = {
  issuedAtMs: 1_900_000_000_123,
  interfaces: [
    {
      index: 0,
      address: '192.168.1.20',
      prefixLength: 24,
      external: '203.0.113.9',
      udp: {
        nat: {
          mapping: 'address-and-port-dependent',
          filtering: 'address-dependent',
          allocation: 'sequential',
          step: -2,
        },
        port: 40_000,
        externalPort: 1024,
      },
      tcp: { nat: { ...UNKNOWN_NAT, mapping: 'endpoint-independent' }, port: 40_001 },
    },
    {
      index: 0,
      address: '2001:db8::5',
      prefixLength: 64,
      external: '2001:db8::5',
      udp: { nat: { ...UNKNOWN_NAT, mapping: 'none', filtering: 'endpoint-independent' }, port: 40_000 },
      tcp: { nat: UNKNOWN_NAT },
    },
  ],
  brokers: [
    { address: '198.51.100.1', port: 1883 },
    { address: '2001:db8::1', port: 1883 },
  ],
};

/** The code of the AddressError that the call ends in; anything else fails the test. */
export function refusal(call: () => unknown): AddressErrorCode {
  try {
    call();
  } catch (error) {
    if (error instanceof AddressError) return error.code;
    throw error;
  }
  return expect.fail('it was taken');
}
