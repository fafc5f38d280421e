import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME } from './proof.ts';
import {
  answerTag,
  decodeReason,
  encodeReason,
  openFrame,
  SEALED_OVERHEAD,
  sameTag,
  sealFrame,
} from './sealed-frame.ts';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const frame = fc.record({
  kind: fc.constantFrom(...Object.values(FRAME)),
  sequence: fc.nat(2 ** 48 - 1),
  body: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
});

describe('a sealed frame', () => {
  it('comes back as it went, and is as long as stated', () => {
    fc.assert(
      fc.property(frame, key, (sent, secret) => {
        const bytes = sealFrame(sent, secret);
        expect(openFrame(bytes, secret)).toEqual(sent);
        expect(bytes).toHaveLength(sent.body.length + SEALED_OVERHEAD);
      }),
    );
  });

  it('opens under no other key, after no change, and not in part', () => {
    fc.assert(
      fc.property(frame, key, fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, secret, at, change) => {
        const bytes = sealFrame(sent, secret);
        const otherKey = Uint8Array.from(secret, (byte, index) => (index === at % 32 ? byte ^ change : byte));
        const altered = Uint8Array.from(bytes, (byte, index) => (index === at % bytes.length ? byte ^ change : byte));
        expect(openFrame(bytes, otherKey)).toBeUndefined();
        expect(openFrame(altered, secret)).toBeUndefined();
        expect(openFrame(bytes.subarray(0, at % bytes.length), secret)).toBeUndefined();
      }),
    );
  });

  it('is no answer to a hello, whatever is in it', () => {
    fc.assert(
      fc.property(frame, key, (sent, secret) => {
        const bytes = sealFrame({ ...sent, kind: FRAME.data }, secret);
        expect(sameTag(answerTag(bytes.subarray(0, -16), secret), bytes.subarray(-16))).toBe(false);
      }),
    );
  });

  it('carries a reason that is cut when it is too long, without control characters', () => {
    expect(decodeReason(encodeReason('x'.repeat(1000)))).toHaveLength(200);
    expect(decodeReason(encodeReason('bye\u001b[2J\n'))).toBe('bye[2J');
  });
});
