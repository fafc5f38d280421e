import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress } from '../../net/ip.ts';
import { WireError } from '../wire-error.ts';
import {
  decodePcpRequest,
  decodePcpResponse,
  encodePcpRefusal,
  encodePcpRequest,
  encodePcpResponse,
  MAX_PCP_LENGTH,
  PCP_RESULT,
  type PcpMapRequest,
  type PcpMapResponse,
} from './pcp.ts';
import { isMandatory, PCP_OPTION } from './pcp-option.ts';

const hex = (...parts: string[]) => Buffer.from(parts.join('').replaceAll(' ', ''), 'hex');
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const address = fc.oneof(fc.ipV4(), fc.ipV6().map(canonicalAddress));
const bytes = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((b) => Buffer.from(b));
const map = {
  nonce: bytes(12, 12),
  protocol: fc.constantFrom('udp' as const, 'tcp' as const),
  internalPort: u16,
  externalPort: u16,
  externalAddress: address,
};
const options = fc.array(fc.record({ code: fc.nat(255), data: bytes(0, 40) }), { maxLength: 8 });
const request: fc.Arbitrary<PcpMapRequest> = fc.record({
  op: fc.constant('map' as const),
  clientAddress: address,
  lifetimeS: u32,
  ...map,
  options,
});
const response: fc.Arbitrary<PcpMapResponse> = fc.record({
  op: fc.constant('map' as const),
  result: fc.constant(0),
  lifetimeS: u32,
  epochS: u32,
  ...map,
  options,
});

/** The figures of RFC 6887 sections 7.1, 7.2, 11.1, 13.2, with numbers in the fields. */
const MAP_REQUEST = hex(
  '02 01 0000 00001c20 0000000000000000 0000ffff 0a000102',
  '0102030405060708090a0b0c 11 000000 1770 1f40 0000000000000000 0000ffff 00000000',
  '02 00 0000',
);
const MAP_RESPONSE = hex(
  '02 81 00 00 00001c20 0000012c 000000000000000000000000',
  '0102030405060708090a0b0c 11 000000 1770 1f40 0000000000000000 0000ffff cb007101',
);

describe('PCP (RFC 6887)', () => {
  it('11.1: asks for a mapping, 13.2: for this one or none', () => {
    const asked: PcpMapRequest = {
      op: 'map',
      clientAddress: '10.0.1.2',
      lifetimeS: 7200,
      nonce: hex('0102030405060708090a0b0c'),
      protocol: 'udp',
      internalPort: 6000,
      externalPort: 8000,
      externalAddress: '0.0.0.0',
      options: [{ code: PCP_OPTION.preferFailure, data: Buffer.alloc(0) }],
    };
    expect(encodePcpRequest(asked)).toEqual(MAP_REQUEST);
    expect(decodePcpRequest(MAP_REQUEST)).toEqual(asked);
    expect(decodePcpResponse(MAP_RESPONSE)).toMatchObject({
      result: PCP_RESULT.success,
      epochS: 300,
      externalAddress: '203.0.113.1',
    });
  });

  it('14.1: asks how the gateway is', () => {
    const announce = { op: 'announce', clientAddress: '2001:db8::2' } as const;
    const sent = encodePcpRequest(announce);
    expect(sent).toEqual(hex('02 00 0000 00000000 20010db8000000000000000000000002'));
    expect(decodePcpRequest(sent)).toEqual(announce);
    const answer = { op: 'plain', opcode: 0, result: 0, lifetimeS: 0, epochS: 9 } as const;
    expect(decodePcpResponse(encodePcpResponse(answer))).toEqual(answer);
  });

  it('8.2: a refusal is a copy of the request', () => {
    const head = { result: PCP_RESULT.notAuthorized, lifetimeS: 1800, epochS: 300 };
    const refusal = encodePcpRefusal(MAP_REQUEST, head);
    expect(refusal).toHaveLength(MAP_REQUEST.length);
    expect(decodePcpResponse(refusal)).toMatchObject({ op: 'map', ...head, internalPort: 6000, options: [] });
    const long = Buffer.concat([MAP_REQUEST, Buffer.alloc(2000)]);
    expect(encodePcpRefusal(long, head)).toHaveLength(MAX_PCP_LENGTH);
  });

  it('says how to refuse what it does not know', () => {
    const peer = Buffer.from(MAP_REQUEST);
    peer[1] = 2;
    expect(decodePcpRequest(peer)).toEqual({ op: 'unsupported', result: PCP_RESULT.unsupportedOpcode });
    const sctp = Buffer.from(MAP_REQUEST);
    sctp[36] = 132;
    expect(decodePcpRequest(sctp)).toEqual({ op: 'unsupported', result: PCP_RESULT.unsupportedProtocol });
    expect([1, 2, 3, 127, 128].map((code) => isMandatory({ code, data: Buffer.alloc(0) }))).toEqual([
      ...[true, true, true, true],
      false,
    ]);
  });

  it('comes back as it went', () => {
    fc.assert(
      fc.property(request, (sent) => {
        expect(decodePcpRequest(encodePcpRequest(sent))).toEqual(sent);
      }),
    );
    fc.assert(
      fc.property(response, (sent) => {
        expect(decodePcpResponse(encodePcpResponse(sent))).toEqual(sent);
      }),
    );
  });

  it('throws WireError for what is cut short, too long or odd, and nothing else for anything', () => {
    for (const decode of [decodePcpRequest, decodePcpResponse]) {
      for (const length of [0, 1, 23, 26, MAX_PCP_LENGTH + 4]) {
        expect(() => decode(Buffer.alloc(length, 2)), String(length)).toThrow(WireError);
      }
      fc.assert(
        fc.property(
          fc.constantFrom(MAP_REQUEST, MAP_RESPONSE),
          fc.nat(63),
          fc.nat(255),
          fc.nat(64),
          (sent, at, value, cut) => {
            const changed = Buffer.from(sent);
            changed[at % changed.length] = value;
            try {
              decode(changed.subarray(0, changed.length - cut));
            } catch (error) {
              expect(error).toBeInstanceOf(WireError);
            }
          },
        ),
        { numRuns: 500 },
      );
    }
  });
});
