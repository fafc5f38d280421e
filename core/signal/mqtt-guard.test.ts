import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MqttGuard } from './mqtt-guard.ts';

/** MQTT 3.1.1 section 2.2.3. */
function packet(length: number): Buffer {
  const header = [0x30];
  let rest = length;
  do {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    header.push(rest > 0 ? digit | 0x80 : digit);
  } while (rest > 0);
  return Buffer.concat([Buffer.from(header), Buffer.alloc(length, 0xff)]);
}

/** Feeds a stream in pieces cut at the given places. */
function feed(guard: MqttGuard, stream: Buffer, cuts: readonly number[]): boolean {
  let start = 0;
  for (const end of [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b)) {
    if (!guard.accept(stream.subarray(start, end))) return false;
    start = end;
  }
  return true;
}

describe('MqttGuard', () => {
  it('lets packets within the limit through and stops at the first beyond it, however the stream is cut', () => {
    const length = fc.oneof(fc.nat(4), fc.integer({ min: 120, max: 135 }), fc.integer({ min: 990, max: 1010 }));
    fc.assert(
      fc.property(fc.array(length, { maxLength: 8 }), fc.array(fc.nat(9000), { maxLength: 8 }), (lengths, cuts) => {
        const fits = lengths.every((each) => each <= 1000);
        expect(feed(new MqttGuard(1000), Buffer.concat(lengths.map(packet)), cuts)).toBe(fits);
      }),
      { numRuns: 500, seed: 311 },
    );
  });

  it('stops before the content has come', () => {
    expect(new MqttGuard(1000).accept(packet(268_435_455).subarray(0, 5))).toBe(false);
  });

  it('refuses a length that never ends', () => {
    expect(new MqttGuard(1000).accept(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80]))).toBe(false);
  });
});
