import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireError } from '../wire-error.ts';
import {
  decodeNatPmpRequest,
  decodeNatPmpResponse,
  encodeNatPmpRequest,
  encodeNatPmpResponse,
  type NatPmpRequest,
  type NatPmpResponse,
} from './nat-pmp.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const protocol = fc.constantFrom('udp' as const, 'tcp' as const);

const request: fc.Arbitrary<NatPmpRequest> = fc.oneof(
  fc.constant({ op: 'address' } as const),
  fc.record({
    op: fc.constant('map' as const),
    protocol,
    internalPort: u16,
    suggestedPort: u16,
    lifetimeS: u32,
  }),
);
const response: fc.Arbitrary<NatPmpResponse> = fc.oneof(
  fc.record({ op: fc.constant('address' as const), result: fc.constant(0), epochS: u32, address: fc.ipV4() }),
  fc.record({
    op: fc.constant('map' as const),
    protocol,
    result: u16,
    epochS: u32,
    internalPort: u16,
    externalPort: u16,
    lifetimeS: u32,
  }),
);

/** The figures of RFC 6886 sections 3.2, 3.3 and 3.5, with numbers in the fields. */
const MESSAGES = {
  addressRequest: hex('00 00'),
  addressResponse: hex('00 80 0000 0000012c cb007101'),
  mapRequest: hex('00 01 0000 1770 1f40 00001c20'),
  mapResponse: hex('00 81 0000 0000012c 1770 1f40 00001c20'),
  wrongVersion: hex('00 82 0001 00000007'),
  unknownOpcode: hex('00 ff 0005 00000007'),
};

describe('NAT-PMP (RFC 6886)', () => {
  it('3.2: asks for the external address', () => {
    expect(encodeNatPmpRequest({ op: 'address' })).toEqual(MESSAGES.addressRequest);
    expect(decodeNatPmpRequest(MESSAGES.addressRequest)).toEqual({ op: 'address' });
    const answer = { op: 'address', result: 0, epochS: 300, address: '203.0.113.1' } as const;
    expect(decodeNatPmpResponse(MESSAGES.addressResponse)).toEqual(answer);
    expect(encodeNatPmpResponse(answer)).toEqual(MESSAGES.addressResponse);
  });

  it('3.3: asks for a mapping', () => {
    const asked = { op: 'map', protocol: 'udp', internalPort: 6000, suggestedPort: 8000, lifetimeS: 7200 } as const;
    expect(encodeNatPmpRequest(asked)).toEqual(MESSAGES.mapRequest);
    expect(decodeNatPmpRequest(MESSAGES.mapRequest)).toEqual(asked);
    const { suggestedPort: externalPort, ...same } = asked;
    const answer = { ...same, result: 0, epochS: 300, externalPort };
    expect(decodeNatPmpResponse(MESSAGES.mapResponse)).toEqual(answer);
    expect(encodeNatPmpResponse(answer)).toEqual(MESSAGES.mapResponse);
  });

  it('3.5: reads refusals without the rest of a response', () => {
    expect(decodeNatPmpResponse(MESSAGES.wrongVersion)).toEqual({ op: 'unknown', opcode: 2, result: 1, epochS: 7 });
    expect(decodeNatPmpResponse(MESSAGES.unknownOpcode)).toMatchObject({ op: 'unknown', opcode: 127, result: 5 });
    expect(decodeNatPmpResponse(hex('00 80 0003 00000007'))).toMatchObject({ op: 'address', address: undefined });
  });

  it.each([
    ['nothing', ''],
    ['another version', '02 80 0000 0000012c cb007101'],
    ['a request', '00 00'],
    ['half an address', '00 80 0000 0000012c cb00'],
    ['half a mapping', '00 81 0000 0000012c 1770 1f40'],
    ['more than a response has', `00 81 0000 0000012c 1770 1f40 00001c20 ${'00'.repeat(4)}`],
  ])('refuses %s as a response', (_, bytes) => {
    expect(() => decodeNatPmpResponse(hex(bytes))).toThrow(WireError);
  });

  it('comes back as it went', () => {
    fc.assert(
      fc.property(request, (sent) => {
        expect(decodeNatPmpRequest(encodeNatPmpRequest(sent))).toEqual(sent);
      }),
    );
    fc.assert(
      fc.property(response, (sent) => {
        expect(decodeNatPmpResponse(encodeNatPmpResponse(sent))).toEqual(sent);
      }),
    );
  });

  it.each([decodeNatPmpRequest, decodeNatPmpResponse])('%o throws WireError and nothing else', (decode) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
        if (bytes.length > 0) bytes[0] = 0;
        try {
          decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});
