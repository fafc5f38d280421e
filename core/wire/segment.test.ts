import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSegment, encodeSegment, SEGMENT_OVERHEAD, type Segment } from './segment.ts';
import { WireError } from './wire-error.ts';

const u32 = fc.nat(0xffff_ffff);
const segment: fc.Arbitrary<Segment> = fc.record(
  {
    sequence: u32,
    acknowledged: u32,
    window: fc.nat(0xffff),
    selective: u32,
    data: fc.record({
      payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      endsMessage: fc.boolean(),
    }),
  },
  { requiredKeys: ['sequence', 'acknowledged', 'window', 'selective'] },
);

describe('segments', () => {
  it('come back as they went, and are as long as stated', () => {
    fc.assert(
      fc.property(segment, (sent) => {
        const bytes = encodeSegment(sent);
        expect(decodeSegment(bytes)).toEqual(sent);
        expect(bytes.length).toBe(SEGMENT_OVERHEAD + (sent.data?.payload.length ?? 0));
      }),
    );
  });

  it('decode hostile bytes to WireError and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          decodeSegment(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});
