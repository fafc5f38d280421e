import { MAGIC_COOKIE } from '../stun/address-value.ts';
import { HEADER_LENGTH } from '../stun/message.ts';
import { WireError } from '../wire-error.ts';
import { CHANNEL_HEADER_LENGTH, isChannelNumber } from './channel-data.ts';

const LARGEST = HEADER_LENGTH + 0xffff;
const INITIAL_CAPACITY = 256;

/**
 * Splits a byte stream into STUN and ChannelData messages (RFC 8489 section 6.2.2, RFC 8656 section 12.5). It holds
 * less than one message, whatever comes and in whatever pieces.
 */
export class StreamFramer {
  readonly #limit: number;
  #buffer = Buffer.allocUnsafe(0);
  #length = 0;
  #broken = false;

  /** @param limit longest message in bytes, padding included @default the longest there can be */
  constructor(limit: number = LARGEST) {
    this.#limit = limit;
  }

  /**
   * Takes the next bytes and returns the messages that are complete now, ChannelData with its padding. They are copies.
   *
   * @throws WireError if the stream holds anything else, or a message over the limit: there is no way back into step
   */
  push(bytes: Uint8Array): Buffer[] {
    if (this.#broken) throw new WireError('the stream is out of step');
    const frames: Buffer[] = [];
    let offset = 0;
    while (offset < bytes.length) {
      const wanted = this.#wanted();
      const piece = bytes.subarray(offset, offset + wanted - this.#length);
      this.#append(piece);
      offset += piece.length;
      if (this.#length === this.#wanted()) {
        frames.push(Buffer.from(this.#buffer.subarray(0, this.#length)));
        this.#length = 0;
      }
    }
    return frames;
  }

  /** How long the message at the front is, or the part of its header that will say so. */
  #wanted(): number {
    if (this.#length < CHANNEL_HEADER_LENGTH) return CHANNEL_HEADER_LENGTH;
    const first = this.#buffer.readUInt16BE(0);
    const length = this.#buffer.readUInt16BE(2);
    if (isChannelNumber(first)) return this.#checked(CHANNEL_HEADER_LENGTH + ((length + 3) & ~3));
    if (first > 0x3fff || length % 4 !== 0) throw this.#outOfStep('neither STUN nor ChannelData');
    if (this.#length >= 8 && this.#buffer.readUInt32BE(4) !== MAGIC_COOKIE) throw this.#outOfStep('no magic cookie');
    return this.#checked(HEADER_LENGTH + length);
  }

  #checked(length: number): number {
    if (length > this.#limit) throw this.#outOfStep(`a message of ${length} bytes`);
    return length;
  }

  #outOfStep(why: string): WireError {
    this.#broken = true;
    this.#buffer = Buffer.allocUnsafe(0);
    return new WireError(`the stream is out of step: ${why}`);
  }

  #append(piece: Uint8Array): void {
    const end = this.#length + piece.length;
    if (end > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(end, 2 * this.#buffer.length, INITIAL_CAPACITY));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    this.#buffer.set(piece, this.#length);
    this.#length = end;
  }
}
