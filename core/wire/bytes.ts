import { WireError } from './wire-error.ts';

/** Reads fields off bytes of unknown origin: every read is checked against the end. Integers are big endian. */
export class ByteReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(field: string): number {
    return this.#bytes.readUInt8(this.#advance(1, field));
  }

  u16(field: string): number {
    return this.#bytes.readUInt16BE(this.#advance(2, field));
  }

  u32(field: string): number {
    return this.#bytes.readUInt32BE(this.#advance(4, field));
  }

  u48(field: string): number {
    return this.#bytes.readUIntBE(this.#advance(6, field), 6);
  }

  /** A view of the next bytes, not a copy. */
  take(length: number, field: string): Uint8Array {
    const start = this.#advance(length, field);
    return this.#bytes.subarray(start, start + length);
  }

  /** Bytes with an 8-bit length before them. */
  block8(field: string): Uint8Array {
    return this.take(this.u8(field), field);
  }

  /** Bytes with a 16-bit length before them. */
  block16(field: string): Uint8Array {
    return this.take(this.u16(field), field);
  }

  /** Text with an 8-bit length before it: printable ASCII only. */
  ascii8(field: string): string {
    const text = Buffer.from(this.block8(field)).toString('latin1');
    if (!/^[\x20-\x7e]*$/.test(text)) throw new WireError(`${field} holds other than printable ASCII`);
    return text;
  }

  rest(): Uint8Array {
    return this.take(this.remaining, 'rest');
  }

  /** @throws WireError if bytes are left */
  end(what: string): void {
    if (this.remaining > 0) throw new WireError(`${what} has ${this.remaining} bytes too many`);
  }

  #advance(length: number, field: string): number {
    if (length > this.remaining) throw new WireError(`the bytes end within ${field}`);
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}

/** Collects fields and joins them once. Integers are big endian. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = [];

  u8(value: number): this {
    this.#parts.push(Uint8Array.of(value));
    return this;
  }

  u16(value: number): this {
    const part = Buffer.allocUnsafe(2);
    part.writeUInt16BE(value);
    this.#parts.push(part);
    return this;
  }

  u32(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeUInt32BE(value);
    this.#parts.push(part);
    return this;
  }

  u48(value: number): this {
    const part = Buffer.allocUnsafe(6);
    part.writeUIntBE(value, 0, 6);
    this.#parts.push(part);
    return this;
  }

  bytes(part: Uint8Array): this {
    this.#parts.push(part);
    return this;
  }

  /** @throws RangeError if the block is longer than 255 bytes */
  block8(part: Uint8Array): this {
    if (part.length > 0xff) throw new RangeError(`a block of ${part.length} bytes does not fit an 8-bit length`);
    return this.u8(part.length).bytes(part);
  }

  /** @throws RangeError if the block is longer than 65,535 bytes */
  block16(part: Uint8Array): this {
    if (part.length > 0xffff) throw new RangeError(`a block of ${part.length} bytes does not fit a 16-bit length`);
    return this.u16(part.length).bytes(part);
  }

  ascii8(text: string): this {
    return this.block8(Buffer.from(text, 'latin1'));
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
