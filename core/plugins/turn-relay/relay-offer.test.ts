import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WireError } from '../../wire/wire-error.ts';
import { decodeRelayMessage, encodeRelayMessage, type RelayMessage } from './relay-offer.ts';

const messages: RelayMessage[] = [
  { kind: 'offer', round: 0, relayed: { address: '203.0.113.1', port: 50_000 } },
  { kind: 'offer', round: 2, relayed: { address: '2001:db8::1', port: 1 } },
  { kind: 'no-way', round: 1 },
];

it.each(messages)('comes back as it went, and nothing shorter or longer does: $kind $round', (message) => {
  const bytes = encodeRelayMessage(message);
  expect(decodeRelayMessage(bytes)).toEqual(message);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeRelayMessage(bytes.subarray(0, length))).toThrow(WireError);
  }
  expect(() => decodeRelayMessage(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(WireError);
});

it('decodes hostile bytes to WireError and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        decodeRelayMessage(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
  );
});
