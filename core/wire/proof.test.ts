import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeCall,
  decodeClose,
  decodeConfirm,
  decodeHello,
  decodeProof,
  encodeCall,
  encodeClose,
  encodeConfirm,
  encodeHello,
  encodeProof,
  FRAME,
  isFrame,
  transcript,
} from './proof.ts';
import { WireError } from './wire-error.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const hello = fc.record({
  sessionId: bytes(16),
  initiatorKey: bytes(33),
  responderKey: bytes(33),
  nonce: bytes(16),
  plugin: fc.stringMatching(/^[a-z-]{1,40}$/),
});

describe('proof frames', () => {
  it('carry a hello, a proof, a confirm and a call unchanged', () => {
    fc.assert(
      fc.property(hello, bytes(16), bytes(64), (greeting, nonce, signature) => {
        const back = decodeHello(encodeHello(greeting));
        expect(encodeHello(back).equals(encodeHello(greeting))).toBe(true);
        expect(back.plugin).toBe(greeting.plugin);
        expect(Buffer.from(decodeProof(encodeProof({ nonce, signature })).signature).equals(signature)).toBe(true);
        expect(Buffer.from(decodeConfirm(encodeConfirm(signature))).equals(signature)).toBe(true);
        const call = decodeCall(encodeCall({ sessionId: greeting.sessionId, plugin: greeting.plugin }));
        expect(call.plugin).toBe(greeting.plugin);
      }),
    );
  });

  it('decode hostile bytes to WireError and nothing else', () => {
    const kinds = Object.values(FRAME);
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.uint8Array({ maxLength: 200 }), (kind, rest) => {
        const frame = Buffer.concat([Buffer.of(kind), rest]);
        for (const decode of [decodeHello, decodeProof, decodeConfirm, decodeCall]) {
          try {
            decode(frame);
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
          }
        }
        expect(decodeClose(frame)).not.toMatch(/\p{C}/u);
      }),
    );
  });

  it('are told from STUN and ChannelData by the two top bits (RFC 7983 section 7)', () => {
    for (const kind of Object.values(FRAME)) expect(isFrame(Uint8Array.of(kind))).toBe(true);
    expect(isFrame(Uint8Array.of(0x00, 0x01))).toBe(false);
    expect(isFrame(Uint8Array.of(0x40, 0x00))).toBe(false);
    expect(isFrame(new Uint8Array(0))).toBe(false);
  });

  it('sign over every field: changing any byte of the hello or the nonce changes the transcript', () => {
    fc.assert(
      fc.property(hello, bytes(16), fc.nat(15), (greeting, nonce, index) => {
        const flip = (field: Uint8Array) => Uint8Array.from(field, (byte, at) => (at === index ? byte ^ 1 : byte));
        const whole = transcript(greeting, nonce);
        expect(whole.equals(transcript(greeting, flip(nonce)))).toBe(false);
        for (const field of ['sessionId', 'initiatorKey', 'responderKey', 'nonce'] as const) {
          expect(whole.equals(transcript({ ...greeting, [field]: flip(greeting[field]) }, nonce))).toBe(false);
        }
        expect(whole.equals(transcript({ ...greeting, plugin: `${greeting.plugin}x` }, nonce))).toBe(false);
      }),
    );
  });

  it('cut a close reason that is too long, and take control characters out', () => {
    expect(decodeClose(encodeClose('x'.repeat(1000)))).toHaveLength(200);
    expect(decodeClose(encodeClose('bye\u001b[2J\n'))).toBe('bye[2J');
  });
});
