import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireError } from '../wire-error.ts';
import { decodeEnvelope, type EnvelopeType, encodeEnvelope, MAX_ENVELOPE_LENGTH } from './envelope.ts';
import { decodeInner, encodeInner } from './inner.ts';
import {
  decodeSignalContent,
  encodeSignalContent,
  MAX_BODY_LENGTH,
  MAX_CONTENT_LENGTH,
  type SignalContent,
} from './signal-content.ts';

const seed = 5869;
const bytes = (minLength: number, maxLength = minLength) =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
const kind = fc.stringMatching(/^[a-z][a-z0-9.-]{0,31}$/);
const content: fc.Arbitrary<SignalContent> = fc
  .record({
    id: bytes(16),
    sentAtMs: fc.nat(2 ** 48 - 1),
    ttlMs: fc.integer({ min: 1, max: 600_000 }),
    kind,
    address: fc.option(bytes(1, 1024), { nil: undefined }),
    body: bytes(0, 300),
    acknowledged: fc.option(fc.array(bytes(16), { minLength: 1, maxLength: 8 }), { nil: undefined }),
  })
  .map(({ address, acknowledged, ...rest }) => ({
    ...rest,
    ...(address && { address }),
    ...(acknowledged && { acknowledged }),
  }));
const example: SignalContent = {
  id: Buffer.alloc(16, 1),
  sentAtMs: 1_900_000_000_123,
  ttlMs: 60_000,
  kind: 'session.open',
  body: Buffer.from('body'),
};

/** Decodes bytes that may be anything: either it refuses with a WireError, or encoding gives the same bytes back. */
function oneForm<T>(input: Uint8Array, decode: (bytes: Uint8Array) => T, encode: (value: T) => Uint8Array): boolean {
  let value: T;
  try {
    value = decode(input);
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
    return false;
  }
  expect(Buffer.from(encode(value))).toEqual(Buffer.from(input));
  return true;
}

const mutated = (start: Uint8Array) =>
  fc
    .tuple(fc.array(fc.tuple(fc.nat(start.length - 1), fc.nat(255)), { maxLength: 3 }), fc.integer({ min: -2, max: 2 }))
    .map(([changes, extra]) => {
      const copy = Buffer.alloc(start.length + extra);
      Buffer.from(start).copy(copy);
      for (const [position, value] of changes) if (position < copy.length) copy[position] = value;
      return copy;
    });

describe('signal content', () => {
  it('reads back as it was written', () => {
    fc.assert(
      fc.property(content, (fields) => {
        expect(decodeSignalContent(encodeSignalContent(fields))).toEqual(fields);
      }),
      { numRuns: 200, seed },
    );
  });

  it('has one form, and refuses with a WireError only', () => {
    const start = encodeSignalContent({ ...example, address: Buffer.alloc(5, 2) });
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(mutated(start), bytes(0, 100)), (input) => {
        if (oneForm(input, decodeSignalContent, encodeSignalContent)) taken++;
      }),
      { numRuns: 2000, seed },
    );
    expect(taken).toBeGreaterThan(100);
  });

  it.each([
    ['id', { id: Buffer.alloc(15) }],
    ['time', { sentAtMs: -1 }],
    ['ttl', { ttlMs: 0 }],
    ['ttl', { ttlMs: 600_001 }],
    ['kind', { kind: '' }],
    ['kind', { kind: 'Session' }],
    ['kind', { kind: 'a'.repeat(33) }],
    ['kind', { kind: 'a\0' }],
    ['address', { address: Buffer.alloc(1025) }],
    ['body', { body: Buffer.alloc(MAX_BODY_LENGTH + 1) }],
  ])('holds the limit of its %s', (field, change) => {
    expect(() => encodeSignalContent({ ...example, ...change })).toThrow(new RegExp(`^signal ${field} `));
  });
});

describe('the inner part', () => {
  const inner = (length: number) => ({
    senderKey: Buffer.alloc(33, 3),
    signature: Buffer.alloc(64, 4),
    content: Buffer.alloc(length, 5),
  });

  it('hides the exact length', () => {
    const lengths = Array.from({ length: 200 }, (_, length) => encodeInner(inner(length)).length);
    expect(new Set(lengths.map((length) => length % 64))).toEqual(new Set([0]));
    expect(new Set(lengths).size).toBeLessThanOrEqual(5);
  });

  it('has one form, and refuses with a WireError only', () => {
    const start = encodeInner(inner(40));
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(mutated(start), bytes(0, 300)), (input) => {
        if (oneForm(input, decodeInner, encodeInner)) taken++;
      }),
      { numRuns: 2000, seed },
    );
    expect(taken).toBeGreaterThan(100);
  });
});

describe('the envelope', () => {
  const envelope = (length: number, type: EnvelopeType = 'message') => ({
    type,
    ephemeralKey: Buffer.alloc(33, 2),
    nonce: Buffer.alloc(12, 3),
    ciphertext: Buffer.alloc(length, 4),
    tag: Buffer.alloc(16, 5),
  });

  it('has room for the longest message and no more', () => {
    const longest = {
      ...example,
      kind: 'a'.repeat(32),
      address: Buffer.alloc(1024),
      body: Buffer.alloc(MAX_BODY_LENGTH),
      acknowledged: Array.from({ length: 8 }, (_, index) => Buffer.alloc(16, index)),
    };
    const text = encodeSignalContent(longest);
    expect(text.length).toBe(MAX_CONTENT_LENGTH);
    const inner = encodeInner({ senderKey: Buffer.alloc(33), signature: Buffer.alloc(64), content: text });
    const whole = encodeEnvelope({ ...envelope(0), ciphertext: inner });
    expect(whole.length).toBe(MAX_ENVELOPE_LENGTH);
    expect(decodeEnvelope(whole).ciphertext).toEqual(inner);
    expect(() => decodeEnvelope(Buffer.concat([whole, Buffer.of(0)]))).toThrow(WireError);
  });

  it('has room for eight receipts and no more, nor for less than one', () => {
    const receipt = (length: number) => encodeEnvelope(envelope(length, 'acknowledgement'));
    for (const length of [16, 128]) expect(decodeEnvelope(receipt(length)).type).toBe('acknowledgement');
    for (const length of [0, 15, 129]) expect(() => decodeEnvelope(receipt(length))).toThrow(WireError);
  });

  it('has one form, and refuses with a WireError only', () => {
    const start = encodeEnvelope(envelope(192));
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(mutated(start), bytes(0, 400)), (input) => {
        if (oneForm(input, decodeEnvelope, encodeEnvelope)) taken++;
      }),
      { numRuns: 1000, seed },
    );
    expect(taken).toBeGreaterThan(100);
  });
});
