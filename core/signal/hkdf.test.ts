import { hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hkdfSha256 } from './hkdf.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const range = (first: number, count: number) => Buffer.from(Array.from({ length: count }, (_, index) => first + index));

describe('hkdfSha256', () => {
  it.each([
    {
      name: 'A.1',
      secret: Buffer.alloc(22, 0x0b),
      salt: range(0, 13),
      info: range(0xf0, 10),
      output: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    },
    {
      name: 'A.2',
      secret: range(0, 80),
      salt: range(0x60, 80),
      info: range(0xb0, 80),
      output:
        'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09' +
        'da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
    },
    {
      name: 'A.3',
      secret: Buffer.alloc(22, 0x0b),
      salt: Buffer.alloc(0),
      info: Buffer.alloc(0),
      output: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    },
  ])('is that of RFC 5869 $name', ({ secret, salt, info, output }) => {
    expect(hkdfSha256(secret, salt, info, output.length / 2)).toEqual(hex(output));
  });

  it("is Node's own", () => {
    const bytes = fc.uint8Array({ maxLength: 100 });
    fc.assert(
      fc.property(bytes, bytes, bytes, fc.integer({ min: 1, max: 200 }), (secret, salt, info, length) => {
        expect(hkdfSha256(secret, salt, info, length)).toEqual(
          Buffer.from(hkdfSync('sha256', secret, salt, info, length)),
        );
      }),
      { numRuns: 100, seed: 5869 },
    );
  });

  it('yields no more than it can', () => {
    expect(hkdfSha256(hex('00'), hex('00'), hex('00'), 8160).length).toBe(8160);
    expect(() => hkdfSha256(hex('00'), hex('00'), hex('00'), 8161)).toThrow(RangeError);
  });
});
