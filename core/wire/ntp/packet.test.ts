import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WireError } from '../wire-error.ts';
import { decodeNtpPacket, encodeNtpPacket, ntpMsBetween, ntpTimeOf } from './packet.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

// A question as clients send it, laid out by RFC 5905 figure 8.
const QUESTION = hex(`
  23 00 06 20 00000000 00000000 00000000
  0000000000000000 0000000000000000 0000000000000000 e3c0a5d7e1f20c3b`);

it('reads a question field by field, and writes it back', () => {
  const packet = decodeNtpPacket(QUESTION);
  expect(packet).toMatchObject({ leap: 'none', version: 4, mode: 'client', stratum: 0, poll: 6, precision: 32 });
  expect(packet.transmit).toBe(0xe3c0a5d7e1f20c3bn);
  expect(encodeNtpPacket(packet)).toEqual(QUESTION);
});

it('counts from 1900, in eras', () => {
  expect(ntpTimeOf(0)).toBe(2_208_988_800n << 32n); // RFC 5905 figure 4: 1 January 1970
  expect(ntpTimeOf(500)).toBe((2_208_988_800n << 32n) | 0x8000_0000n);
  const eraOne = Date.UTC(2036, 1, 7, 6, 28, 16); // RFC 5905 figure 4: the first day of era 1
  expect(ntpTimeOf(eraOne)).toBe(0n);
  expect(ntpMsBetween(ntpTimeOf(eraOne - 1500), ntpTimeOf(eraOne + 1500))).toBeCloseTo(3000, 3);
  expect(ntpMsBetween(ntpTimeOf(5000), ntpTimeOf(1000))).toBeCloseTo(-4000, 3);
});

it('reads back whatever it wrote, and refuses anything else with a WireError only', () => {
  let taken = 0;
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ minLength: 48, maxLength: 60 }), fc.uint8Array({ maxLength: 60 })),
      (bytes) => {
        try {
          expect(Uint8Array.from(encodeNtpPacket(decodeNtpPacket(bytes)))).toEqual(bytes.slice(0, 48));
          taken++;
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      },
    ),
    { numRuns: 2000, seed: 5905 },
  );
  expect(taken).toBeGreaterThan(100);
});
