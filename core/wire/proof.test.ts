import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeAnswer,
  decodeCall,
  decodeConfirm,
  decodeHello,
  decodeProof,
  encodeAnswer,
  encodeCall,
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

const plain = (fields: object) =>
  Object.entries(fields).map(([name, value]) => [name, Buffer.from(value).toString('hex')]);

describe('proof frames', () => {
  it('carry a hello, an answer, a proof, a confirm and a call unchanged', () => {
    fc.assert(
      fc.property(hello, bytes(16), bytes(64), bytes(33), (greeting, nonce, signature, share) => {
        const back = decodeHello(encodeHello(greeting));
        expect(encodeHello(back).equals(encodeHello(greeting))).toBe(true);
        expect(back.plugin).toBe(greeting.plugin);
        expect(plain(decodeProof(encodeProof({ nonce, share, signature })))).toEqual(
          plain({ nonce, share, signature }),
        );
        expect(plain(decodeConfirm(encodeConfirm({ share, signature })))).toEqual(plain({ share, signature }));
        expect(Buffer.from(decodeAnswer(encodeAnswer(nonce))).equals(nonce)).toBe(true);
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
        for (const decode of [decodeHello, decodeAnswer, decodeProof, decodeConfirm, decodeCall]) {
          try {
            decode(frame);
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
          }
        }
      }),
    );
  });

  it('are told from STUN and ChannelData by the two top bits (RFC 7983 section 7)', () => {
    for (const kind of Object.values(FRAME)) expect(isFrame(Uint8Array.of(kind))).toBe(true);
    expect(isFrame(Uint8Array.of(0x00, 0x01))).toBe(false);
    expect(isFrame(Uint8Array.of(0x40, 0x00))).toBe(false);
    expect(isFrame(new Uint8Array(0))).toBe(false);
  });

  it('sign over every field: changing any byte of the hello, the nonce or a share changes the transcript', () => {
    fc.assert(
      fc.property(hello, bytes(16), bytes(33), fc.nat(15), (greeting, nonce, share, index) => {
        const flip = (field: Uint8Array) => Uint8Array.from(field, (byte, at) => (at === index ? byte ^ 1 : byte));
        const whole = transcript(greeting, nonce, share);
        expect(whole.equals(transcript(greeting, flip(nonce), share))).toBe(false);
        expect(whole.equals(transcript(greeting, nonce, flip(share)))).toBe(false);
        expect(whole.equals(transcript(greeting, nonce))).toBe(false);
        for (const field of ['sessionId', 'initiatorKey', 'responderKey', 'nonce'] as const) {
          expect(whole.equals(transcript({ ...greeting, [field]: flip(greeting[field]) }, nonce, share))).toBe(false);
        }
        expect(whole.equals(transcript({ ...greeting, plugin: `${greeting.plugin}x` }, nonce, share))).toBe(false);
      }),
    );
  });
});
