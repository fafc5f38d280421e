import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireError } from '../../wire/wire-error.ts';
import { decodeLineMessage, encodeLineMessage, type LineMessage } from './line-message.ts';

const endpoints = [
  { address: '203.0.113.7', port: 6000 },
  { address: '2001:db8::7', port: 1 },
];
const messages: LineMessage[] = [
  { kind: 'offer', protocol: 'tcp', endpoints },
  { kind: 'offer', protocol: 'udp', endpoints: endpoints.slice(1) },
  { kind: 'no-more' },
  { kind: 'nobody-answered' },
];

describe('what two ends of port-mapping say to each other', () => {
  it.each(messages)('comes back as it went: $kind $protocol', (message) => {
    expect(decodeLineMessage(encodeLineMessage(message))).toEqual(message);
  });

  it('is refused wherever it is cut, and with a tail', () => {
    for (const message of messages) {
      const bytes = encodeLineMessage(message);
      for (let length = 0; length < bytes.length; length++) {
        expect(() => decodeLineMessage(bytes.subarray(0, length))).toThrow(WireError);
      }
      expect(() => decodeLineMessage(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(WireError);
    }
  });

  it('is refused with more places than anybody has', () => {
    const bytes = encodeLineMessage({ kind: 'offer', protocol: 'udp', endpoints: [endpoints[0]!] });
    bytes[1] = 5;
    expect(() => decodeLineMessage(Buffer.concat([bytes, ...Array(4).fill(bytes.subarray(2))]))).toThrow(/5/);
  });

  it('decodes hostile bytes to WireError and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          decodeLineMessage(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});
