import { WireError } from '../wire-error.ts';

/** RFC 5905 section 7.3. Extension fields and MACs are neither written nor looked at. */
export interface NtpPacket {
  readonly leap: NtpLeap;
  /** 1 to 4. */
  readonly version: number;
  readonly mode: NtpMode;
  /** 0: unspecified, or a kiss-o'-death. 1: a primary server. 16: not synchronised. */
  readonly stratum: number;
  /** Of the longest interval between two messages, the logarithm to base 2 in seconds. */
  readonly poll: number;
  /** Of the clock, the logarithm to base 2 in seconds. */
  readonly precision: number;
  /** Round trip to the primary source, in seconds. */
  readonly rootDelayS: number;
  /** Error bound relative to the primary source, in seconds. */
  readonly rootDispersionS: number;
  /** 4 bytes: of a kiss-o'-death its code, of stratum 1 the source, else an address. */
  readonly referenceId: Uint8Array;
  readonly reference: NtpTime;
  readonly origin: NtpTime;
  readonly receive: NtpTime;
  readonly transmit: NtpTime;
}

/** 64 bits: seconds since 1900 modulo 2^32, then fractions of 2^-32 s. 0: not known. */
export type NtpTime = bigint;

/** `none`: no warning. `unsynchronised`: the time is not to be used. */
export type NtpLeap = 'none' | 'insert' | 'delete' | 'unsynchronised';
export const NTP_LEAPS: readonly NtpLeap[] = ['none', 'insert', 'delete', 'unsynchronised'];

const MODES = ['reserved', 'active', 'passive', 'client', 'server', 'broadcast', 'control', 'private'] as const;
export type NtpMode = (typeof MODES)[number];

export const NTP_PACKET_LENGTH = 48;
const SHORT_UNIT = 2 ** 16;
/** From 1900 to 1970: RFC 5905 figure 4. */
const UNIX_EPOCH_S = 2_208_988_800n;
const ERA = 2n ** 32n;

export function encodeNtpPacket(packet: NtpPacket): Buffer {
  const bytes = Buffer.alloc(NTP_PACKET_LENGTH);
  bytes[0] = (NTP_LEAPS.indexOf(packet.leap) << 6) | (packet.version << 3) | MODES.indexOf(packet.mode);
  bytes[1] = packet.stratum;
  bytes.writeInt8(packet.poll, 2);
  bytes.writeInt8(packet.precision, 3);
  bytes.writeUInt32BE(shortOf(packet.rootDelayS), 4);
  bytes.writeUInt32BE(shortOf(packet.rootDispersionS), 8);
  bytes.set(packet.referenceId, 12);
  const { reference, origin, receive, transmit } = packet;
  for (const [index, time] of [reference, origin, receive, transmit].entries()) {
    bytes.writeBigUInt64BE(time, 16 + 8 * index);
  }
  return bytes;
}

/** @throws WireError */
export function decodeNtpPacket(input: Uint8Array): NtpPacket {
  if (input.length < NTP_PACKET_LENGTH) throw new WireError(`an NTP packet of ${input.length} bytes`);
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.length);
  const first = bytes[0]!;
  const version = (first >> 3) & 7;
  if (version < 1 || version > 4) throw new WireError(`NTP version ${version}`);
  const time = (index: number): NtpTime => bytes.readBigUInt64BE(16 + 8 * index);
  return {
    leap: NTP_LEAPS[first >> 6]!,
    version,
    mode: MODES[first & 7]!,
    stratum: bytes[1]!,
    poll: bytes.readInt8(2),
    precision: bytes.readInt8(3),
    rootDelayS: bytes.readUInt32BE(4) / SHORT_UNIT,
    rootDispersionS: bytes.readUInt32BE(8) / SHORT_UNIT,
    referenceId: Uint8Array.from(bytes.subarray(12, 16)),
    reference: time(0),
    origin: time(1),
    receive: time(2),
    transmit: time(3),
  };
}

/** @param unixMs fractions allowed */
export function ntpTimeOf(unixMs: number): NtpTime {
  const micros = BigInt(Math.round(unixMs * 1000));
  const seconds = micros / 1_000_000n + UNIX_EPOCH_S;
  return ((seconds % ERA) << 32n) | (((micros % 1_000_000n) << 32n) / 1_000_000n);
}

/**
 * From one instant to another in milliseconds, as long as they are less than 68 years apart: RFC 5905 section 6 counts
 * modulo 2^32 s, and the next era begins in 2036.
 */
export function ntpMsBetween(from: NtpTime, to: NtpTime): number {
  return (Number(BigInt.asIntN(64, to - from)) / 2 ** 32) * 1000;
}

function shortOf(seconds: number): number {
  return Math.min(2 ** 32 - 1, Math.round(seconds * SHORT_UNIT));
}
