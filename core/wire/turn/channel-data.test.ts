import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireError } from '../wire-error.ts';
import { decodeChannelData, encodeChannelData, isChannelData } from './channel-data.ts';

describe('ChannelData (RFC 8656 section 12)', () => {
  it('has the channel, the length and the data; over a stream, padding that the length does not count', () => {
    const data = Buffer.from('abcde');
    expect(encodeChannelData(0x4001, data, false).toString('hex')).toBe('400100056162636465');
    expect(encodeChannelData(0x4001, data, true).toString('hex')).toBe('400100056162636465000000');
  });

  it('encode and decode are inverse', () => {
    const channel = fc.integer({ min: 0x4000, max: 0x7fff });
    fc.assert(
      fc.property(channel, fc.uint8Array({ maxLength: 70 }), fc.boolean(), (number, data, padded) => {
        const bytes = encodeChannelData(number, data, padded);
        expect(isChannelData(bytes)).toBe(true);
        const decoded = decodeChannelData(bytes);
        expect(decoded.channel).toBe(number);
        expect(Uint8Array.from(decoded.data)).toEqual(data);
        if (padded) expect(bytes.length % 4).toBe(0);
      }),
    );
  });

  it('never fails but with a WireError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 16 }), (bytes) => {
        try {
          expect(decodeChannelData(bytes).data.length).toBeLessThanOrEqual(bytes.length - 4);
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
        }
      }),
    );
  });

  it.each(['400000', '40000001', '3fff0000', '80000000'])('refuses %s', (hex) => {
    expect(() => decodeChannelData(Buffer.from(hex, 'hex'))).toThrow(WireError);
  });
});
