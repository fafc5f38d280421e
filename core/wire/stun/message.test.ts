import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressFromBytes } from '../../net/ip.ts';
import { WireError } from '../wire-error.ts';
import { type Attribute, attributeOf, attributesOf } from './attribute.ts';
import { decodeMessage, isStun, unknownRequired } from './decode-message.ts';
import { encodeMessage } from './encode-message.ts';
import { hasIntegrity, verifyIntegrity } from './integrity.ts';
import { METHOD, type MessageClass, type StunMessage } from './message.ts';

const KEY = Buffer.from('a key');
const TRANSACTION_ID = Buffer.from('0123456789ab', 'latin1');

function request(attributes: readonly Attribute[], method: number = METHOD.binding): StunMessage {
  return { messageClass: 'request', method, transactionId: TRANSACTION_ID, attributes };
}

const byteArray = (length: { minLength?: number; maxLength: number }): fc.Arbitrary<Buffer> =>
  fc.uint8Array(length).map((bytes) => Buffer.from(bytes));
const port = fc.integer({ min: 0, max: 0xffff });
const uint16 = port;
const endpoint = fc.record({
  address: fc
    .oneof(byteArray({ minLength: 4, maxLength: 4 }), byteArray({ minLength: 16, maxLength: 16 }))
    .map(addressFromBytes),
  port,
});
const text = (maxLength: number) => fc.string({ unit: 'binary', maxLength });
const known = <K extends Attribute['type'], V>(type: K, value: fc.Arbitrary<V>) =>
  value.map((made) => ({ type, value: made }) as unknown as Attribute);

const attribute: fc.Arbitrary<Attribute> = fc.oneof(
  known('mapped-address', endpoint),
  known('xor-mapped-address', endpoint),
  known('username', text(120)),
  known('error-code', fc.record({ code: fc.integer({ min: 300, max: 699 }), reason: text(100) })),
  known('realm', text(100)),
  known('nonce', text(100)),
  known('unknown-attributes', fc.array(uint16, { maxLength: 9 })),
  known('software', text(100)),
  known('alternate-server', endpoint),
  known('change-request', fc.record({ address: fc.boolean(), port: fc.boolean() })),
  known('response-origin', endpoint),
  known('other-address', endpoint),
  known('response-port', port),
  known('padding', byteArray({ maxLength: 40 })),
  known('channel-number', uint16),
  known('lifetime', fc.integer({ min: 0, max: 0xffffffff })),
  known('xor-peer-address', endpoint),
  known('data', byteArray({ maxLength: 1500 })),
  known('xor-relayed-address', endpoint),
  known('requested-address-family', fc.constantFrom(4, 6)),
  known('even-port', fc.record({ reserveNext: fc.boolean() })),
  known('requested-transport', fc.integer({ min: 0, max: 255 })),
  known('dont-fragment', fc.constant(true)),
  known('reservation-token', byteArray({ minLength: 8, maxLength: 8 })),
  known('additional-address-family', fc.constantFrom(4, 6)),
  known(
    'address-error-code',
    fc.record({ family: fc.constantFrom(4, 6), code: fc.integer({ min: 300, max: 699 }), reason: text(100) }),
  ),
  fc.record({
    type: fc.constant('unknown' as const),
    code: fc.constantFrom(0x0024, 0x0002, 0x7fff, 0x8002, 0xc001),
    value: byteArray({ maxLength: 33 }),
  }),
);

const message: fc.Arbitrary<StunMessage> = fc.record({
  messageClass: fc.constantFrom<MessageClass>('request', 'indication', 'success', 'error'),
  method: fc.integer({ min: 0, max: 0xfff }),
  transactionId: byteArray({ minLength: 12, maxLength: 12 }),
  attributes: fc.array(attribute, { maxLength: 8 }),
});

const protection = fc.record(
  {
    key: byteArray({ maxLength: 70 }),
    integrity: fc.constantFrom('sha1' as const, 'sha256' as const),
    fingerprint: fc.boolean(),
  },
  { requiredKeys: [] },
);

describe('encode and decode', () => {
  it('are inverse, with every attribute and protection', () => {
    fc.assert(
      fc.property(message, protection, (original, how) => {
        const bytes = encodeMessage(original, how);
        const decoded = decodeMessage(bytes);
        expect(isStun(bytes)).toBe(true);
        const { messageClass, method, transactionId, attributes } = decoded;
        expect({ messageClass, method, transactionId, attributes }).toEqual(original);
        expect(decoded.malformed).toEqual([]);
        expect(decoded.fingerprint).toBe(how.fingerprint ?? false);
        expect(hasIntegrity(decoded)).toBe(how.key !== undefined);
        expect(verifyIntegrity(decoded, how.key ?? KEY)).toBe(how.key !== undefined);
        expect(encodeMessage(decoded, how)).toEqual(bytes);
      }),
    );
  });

  it('never fail but with a WireError on arbitrary bytes', () => {
    fc.assert(fc.property(byteArray({ maxLength: 200 }), onlyWireErrors));
  });

  it('never fail but with a WireError on damaged messages', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(message, protection, damage, fc.nat({ max: 3 }), (original, how, changes, cut) => {
        const bytes = encodeMessage(original, how);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        onlyWireErrors(bytes.subarray(0, bytes.length - cut));
      }),
    );
  });

  function onlyWireErrors(bytes: Buffer): void {
    try {
      const decoded = decodeMessage(bytes);
      // What decodes can be encoded again, unless part of it was dropped.
      const again = decodeMessage(encodeMessage(decoded));
      expect(again.attributes).toEqual(decoded.attributes);
      verifyIntegrity(decoded, KEY);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }
});

describe('decodeMessage', () => {
  const good = encodeMessage(request([{ type: 'software', value: 'abc' }]));

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['a short header', (bytes) => bytes.subarray(0, 19)],
    ['leading one bits', (bytes) => bytes.fill(0x40, 0, 1)],
    ['a wrong cookie', (bytes) => bytes.fill(0, 4, 5)],
    ['a length too long', (bytes) => bytes.fill(12, 3, 4)],
    ['a length that is no multiple of four', (bytes) => bytes.fill(7, 3, 4).subarray(0, 27)],
    ['an attribute past the end', (bytes) => bytes.fill(9, 23, 24)],
    ['bytes after the end', (bytes) => Buffer.concat([bytes, Buffer.alloc(4)])],
  ])('refuses %s', (_name, damage) => {
    expect(() => decodeMessage(damage(Buffer.from(good)))).toThrow(WireError);
  });

  it('refuses more attributes than any message has', () => {
    const many = Array.from({ length: 65 }, (): Attribute => ({ type: 'unknown', code: 0x8fff, value: Buffer.of() }));
    expect(() => decodeMessage(encodeMessage(request(many)))).toThrow('more than 64');
    expect(decodeMessage(encodeMessage(request(many.slice(1)))).attributes).toHaveLength(64);
  });

  it('lists known attributes with impossible values, and keeps the rest', () => {
    const bytes = encodeMessage(
      request([
        { type: 'lifetime', value: 600 },
        { type: 'requested-transport', value: 17 },
        { type: 'username', value: 'ab' },
        { type: 'xor-peer-address', value: { address: '192.0.2.1', port: 1 } },
      ]),
    );
    bytes[23] = 3; // LIFETIME of three bytes
    bytes.writeUInt16BE(0xc328, 40); // USERNAME of an invalid UTF-8 sequence
    bytes[49] = 3; // an address of neither family
    const decoded = decodeMessage(bytes);
    expect(decoded.malformed).toEqual([0x000d, 0x0006, 0x0012]);
    expect(decoded.attributes).toEqual([{ type: 'requested-transport', value: 17 }]);
  });

  it('refuses a wrong FINGERPRINT, and one that is not last', () => {
    const bytes = encodeMessage(request([{ type: 'software', value: 'abc' }]), { fingerprint: true });
    expect(decodeMessage(bytes).fingerprint).toBe(true);
    const flipped = Buffer.from(bytes);
    flipped[25]! ^= 1;
    expect(() => decodeMessage(flipped)).toThrow('does not match');
    const after = Buffer.concat([bytes, Buffer.from('8fff0000', 'hex')]);
    after.writeUInt16BE(after.length - 20, 2);
    expect(() => decodeMessage(after)).toThrow('not the last');
  });

  it('ignores what stands after the integrity: nobody vouches for it (RFC 8489 section 14.5)', () => {
    const signed = encodeMessage(request([{ type: 'lifetime', value: 600 }]), { key: KEY });
    const smuggled = encodeMessage(request([{ type: 'xor-peer-address', value: { address: '192.0.2.1', port: 1 } }]));
    const bytes = Buffer.concat([signed, smuggled.subarray(20)]);
    bytes.writeUInt16BE(bytes.length - 20, 2);
    const decoded = decodeMessage(bytes);
    expect(decoded.attributes).toEqual([{ type: 'lifetime', value: 600 }]);
    expect(verifyIntegrity(decoded, KEY)).toBe(true);
  });
});

describe('verifyIntegrity', () => {
  it('notices any changed bit before the digest, and in it', () => {
    for (const integrity of ['sha1', 'sha256'] as const) {
      const bytes = encodeMessage(request([{ type: 'username', value: 'me' }]), { key: KEY, integrity });
      for (let at = 8; at < bytes.length; at++) {
        const changed = Buffer.from(bytes);
        changed[at]! ^= 1;
        let valid = false;
        try {
          valid = verifyIntegrity(decodeMessage(changed), KEY);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
        expect(valid).toBe(false);
      }
    }
  });

  it.each([
    [12, false],
    [16, true],
    [18, false],
    [20, true],
    [32, true],
  ])('SHA-256 cut to %i bytes: %s (RFC 8489 section 14.6)', (length, allowed) => {
    const plain = request([{ type: 'username', value: 'me' }]);
    const head = encodeMessage(plain);
    head.writeUInt16BE(head.length + 4 + length - 20, 2);
    const digest = createHmac('sha256', KEY).update(head).digest().subarray(0, length);
    const bytes = Buffer.concat([head, Buffer.of(0x00, 0x1c, 0, length), digest, Buffer.alloc(-length & 3)]);
    bytes.writeUInt16BE(bytes.length - 20, 2);
    expect(verifyIntegrity(decodeMessage(bytes), KEY)).toBe(allowed);
  });
});

describe('unknownRequired', () => {
  it('names each comprehension-required attribute that is not understood once, known to the codec or not', () => {
    const decoded = decodeMessage(
      encodeMessage(
        request([
          { type: 'unknown', code: 0x0024, value: Buffer.of() },
          { type: 'unknown', code: 0x8024, value: Buffer.of() },
          { type: 'change-request', value: { address: true, port: true } },
          { type: 'unknown', code: 0x0024, value: Buffer.of() },
          { type: 'software', value: 'x' },
          { type: 'lifetime', value: 1 },
        ]),
      ),
    );
    expect(unknownRequired(decoded, new Set(['lifetime']))).toEqual([0x0024, 0x0003]);
  });
});

describe('attributeOf and attributesOf', () => {
  it('take the first, or all', () => {
    const twice = request([
      { type: 'lifetime', value: 1 },
      { type: 'lifetime', value: 2 },
    ]);
    expect(attributeOf(twice, 'lifetime')).toBe(1);
    expect(attributesOf(twice, 'lifetime')).toEqual([1, 2]);
    expect(attributeOf(twice, 'nonce')).toBeUndefined();
  });
});

describe('encodeMessage', () => {
  it.each<[string, StunMessage]>([
    ['a transaction id of 11 bytes', { ...request([]), transactionId: Buffer.alloc(11) }],
    ['a method over 12 bits', request([], 0x1000)],
    ['a username over 508 bytes', request([{ type: 'username', value: 'x'.repeat(509) }])],
    ['an error code out of range', request([{ type: 'error-code', value: { code: 299, reason: '' } }])],
    ['a port out of range', request([{ type: 'mapped-address', value: { address: '192.0.2.1', port: 65536 } }])],
    ['a message over 65,535 bytes', request([{ type: 'data', value: Buffer.alloc(65532) }])],
    ['a reservation token of another length', request([{ type: 'reservation-token', value: Buffer.alloc(7) }])],
  ])('refuses %s', (_name, wrong) => {
    expect(() => encodeMessage(wrong)).toThrow(RangeError);
  });
});
