import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSessionMessage, encodeSessionMessage, MAX_PAYLOAD, MAX_PLUGINS, MAX_ROUND } from './session-message.ts';
import { WireError } from './wire-error.ts';

const name = fc.stringMatching(/^[a-z-]{1,40}$/);
const fixed = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((b) => Buffer.from(b));
const message = fc.record(
  {
    sessionId: fixed(16),
    open: fc.record(
      {
        plugins: fc.array(fc.record({ plugin: name, afterMs: fc.nat(0xffff), round: fc.nat(MAX_ROUND) }), {
          maxLength: MAX_PLUGINS,
        }),
        secret: fixed(32),
        reliable: fc.boolean(),
        family: fc.constantFrom(4 as const, 6 as const),
        transport: fc.constantFrom('stream' as const, 'datagram' as const),
      },
      { requiredKeys: ['plugins', 'secret', 'reliable'] },
    ),
    share: fixed(32),
    entries: fc.array(
      fc.record(
        {
          plugin: name,
          payload: fc.uint8Array({ maxLength: 100 }).map((b) => Buffer.from(b)),
          ended: fc.constant(true),
          round: fc.nat(MAX_ROUND),
        },
        { requiredKeys: ['plugin', 'payload', 'round'] },
      ),
      {
        maxLength: MAX_PLUGINS,
      },
    ),
    close: fc.constant(true),
  },
  { requiredKeys: ['sessionId', 'entries'] },
);

describe('session messages', () => {
  it('come back as they went', () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(decodeSessionMessage(encodeSessionMessage(sent))).toEqual(sent);
      }),
    );
  });

  it('decode hostile bytes to WireError and nothing else', () => {
    fc.assert(
      fc.property(message, fc.nat(500), fc.nat(255), (sent, at, value) => {
        const bytes = encodeSessionMessage(sent);
        bytes[at % bytes.length] = value;
        try {
          decodeSessionMessage(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });

  it('keep to their limits', () => {
    const sessionId = new Uint8Array(16);
    const payload = new Uint8Array(MAX_PAYLOAD + 1);
    expect(() => encodeSessionMessage({ sessionId, entries: [{ plugin: 'p', payload, round: 0 }] })).toThrow(
      RangeError,
    );
    const entries = Array.from({ length: MAX_PLUGINS + 1 }, () => ({
      plugin: 'p',
      payload: new Uint8Array(0),
      round: 0,
    }));
    expect(() => encodeSessionMessage({ sessionId, entries })).toThrow(RangeError);
  });
});
