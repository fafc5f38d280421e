import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from './bytes.ts';
import { WireError } from './wire-error.ts';

describe('ByteReader', () => {
  it('reads back what ByteWriter wrote', () => {
    const bytes = new ByteWriter().u8(1).u16(0x0203).u32(0x04050607).block8(Buffer.from('ab')).ascii8('name').finish();
    const reader = new ByteReader(bytes);
    expect(reader.u8('a')).toBe(1);
    expect(reader.u16('b')).toBe(0x0203);
    expect(reader.u32('c')).toBe(0x04050607);
    expect(Buffer.from(reader.block8('d')).toString()).toBe('ab');
    expect(reader.ascii8('e')).toBe('name');
    reader.end('message');
  });

  it('names the field that the bytes end in', () => {
    const reader = new ByteReader(Uint8Array.of(5, 1, 2));
    expect(() => reader.block8('payload')).toThrow(new WireError('the bytes end within payload'));
  });

  it('refuses bytes after the end and text that is not printable', () => {
    expect(() => new ByteReader(Uint8Array.of(1)).end('hello')).toThrow('hello has 1 bytes too many');
    expect(() => new ByteReader(Uint8Array.of(1, 7)).ascii8('plugin')).toThrow('printable ASCII');
  });

  it('reads a view in place, wherever it lies in its buffer', () => {
    const whole = Uint8Array.from([9, 9, 1, 2, 3]);
    expect([...new ByteReader(whole.subarray(2)).rest()]).toEqual([1, 2, 3]);
  });

  it('throws nothing but WireError, whatever the bytes', () => {
    const read = [
      (reader: ByteReader) => reader.u8('x'),
      (reader: ByteReader) => reader.u16('x'),
      (reader: ByteReader) => reader.u32('x'),
      (reader: ByteReader) => reader.block8('x'),
      (reader: ByteReader) => reader.block16('x'),
      (reader: ByteReader) => reader.ascii8('x'),
    ];
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.array(fc.nat(read.length - 1), { maxLength: 20 }),
        (bytes, order) => {
          const reader = new ByteReader(bytes);
          try {
            for (const index of order) read[index]!(reader);
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
          }
          expect(reader.remaining).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});

describe('ByteWriter', () => {
  it('refuses a block that its length field cannot tell', () => {
    expect(() => new ByteWriter().block8(new Uint8Array(256))).toThrow(RangeError);
    expect(() => new ByteWriter().block16(new Uint8Array(65_536))).toThrow(RangeError);
  });
});
