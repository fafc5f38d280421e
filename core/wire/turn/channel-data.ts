import { WireError } from '../wire-error.ts';

/** RFC 8656 section 12: the channel numbers that a client may choose. */
export const FIRST_CHANNEL = 0x4000;
export const LAST_CHANNEL = 0x4fff;
/** RFC 5766 section 11 let clients choose up to here, and many still do; nothing else on a TURN port begins so. */
const LAST_OLD_CHANNEL = 0x7fff;

export const CHANNEL_HEADER_LENGTH = 4;
const MAX_DATA = 0xffff;

export interface ChannelData {
  readonly channel: number;
  readonly data: Uint8Array;
}

/** What begins with the bits 01 is ChannelData, with 00 STUN. */
export function isChannelData(bytes: Uint8Array): boolean {
  return bytes.length >= CHANNEL_HEADER_LENGTH && bytes[0]! >> 6 === 0b01;
}

/** A number that is taken from others. */
export function isChannelNumber(value: number): boolean {
  return value >= FIRST_CHANNEL && value <= LAST_OLD_CHANNEL;
}

/**
 * @param padded over a stream the message is padded to a multiple of 4 bytes (RFC 8656 section 12.5)
 * @throws RangeError if the data exceeds 65,535 bytes
 */
export function encodeChannelData(channel: number, data: Uint8Array, padded: boolean): Buffer {
  if (data.length > MAX_DATA) throw new RangeError(`${data.length} bytes are too many for a ChannelData message`);
  const end = CHANNEL_HEADER_LENGTH + data.length;
  const bytes = Buffer.allocUnsafe(padded ? (end + 3) & ~3 : end);
  bytes.writeUInt16BE(channel, 0);
  bytes.writeUInt16BE(data.length, 2);
  bytes.set(data, CHANNEL_HEADER_LENGTH);
  bytes.fill(0, end);
  return bytes;
}

/**
 * Decodes one message; padding may follow it, on a datagram too.
 *
 * @throws WireError
 */
export function decodeChannelData(data: Uint8Array): ChannelData {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  if (bytes.length < CHANNEL_HEADER_LENGTH) throw new WireError('a ChannelData message is shorter than its header');
  const channel = bytes.readUInt16BE(0);
  if (!isChannelNumber(channel)) throw new WireError(`${channel} is no channel number`);
  const end = CHANNEL_HEADER_LENGTH + bytes.readUInt16BE(2);
  if (end > bytes.length) throw new WireError('a ChannelData message ends within its data');
  return { channel, data: bytes.subarray(CHANNEL_HEADER_LENGTH, end) };
}
