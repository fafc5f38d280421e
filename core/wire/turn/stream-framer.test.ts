import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeMessage } from '../stun/encode-message.ts';
import { METHOD } from '../stun/message.ts';
import { WireError } from '../wire-error.ts';
import { encodeChannelData } from './channel-data.ts';
import { StreamFramer } from './stream-framer.ts';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((made) => Buffer.from(made));
const stun = bytes(40).map((value) =>
  encodeMessage({
    messageClass: 'indication',
    method: METHOD.send,
    transactionId: Buffer.alloc(12, 7),
    attributes: [{ type: 'data', value }],
  }),
);
const channelData = bytes(40).map((data) => encodeChannelData(0x4000, data, true));

describe('StreamFramer', () => {
  it('gives back the messages, however the stream is cut', () => {
    const messages = fc.array(fc.oneof(stun, channelData), { maxLength: 6 });
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sent, cuts) => {
        const framer = new StreamFramer();
        const stream = Buffer.concat(sent);
        const received: Buffer[] = [];
        for (let offset = 0, turn = 0; offset < stream.length; turn++) {
          const piece = stream.subarray(offset, offset + cuts[turn % cuts.length]!);
          received.push(...framer.push(piece));
          offset += piece.length;
        }
        expect(received).toEqual(sent);
      }),
    );
  });

  it('never fails but with a WireError, and then for good', () => {
    fc.assert(
      fc.property(fc.array(bytes(60), { maxLength: 5 }), (pieces) => {
        const framer = new StreamFramer();
        let failed = false;
        for (const piece of pieces) {
          try {
            framer.push(piece);
            expect(failed).toBe(false);
          } catch (error) {
            if (!(error instanceof WireError)) throw error;
            failed = true;
          }
        }
      }),
    );
  });

  it.each([
    ['data with two leading one bits', 'ffff0000'],
    ['data with a leading one bit', '80000000'],
    ['a STUN length that is no multiple of four', '00010003'],
    ['a wrong magic cookie', '00010000 2112a443 000000000000000000000000'],
  ])('gives up on %s', (_name, hex) => {
    const framer = new StreamFramer();
    expect(() => framer.push(Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toThrow(WireError);
    expect(() => framer.push(Buffer.alloc(0))).toThrow(WireError);
  });

  it('gives up on a message over its limit as soon as the length is known', () => {
    expect(() => new StreamFramer(100).push(Buffer.from('00010054', 'hex'))).toThrow('104 bytes');
    expect(new StreamFramer(100).push(Buffer.from('00010050', 'hex'))).toEqual([]);
    expect(() => new StreamFramer(100).push(Buffer.from('40000061', 'hex'))).toThrow('104 bytes');
  });
});
