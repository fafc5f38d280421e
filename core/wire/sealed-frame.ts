import { createHmac, timingSafeEqual } from 'node:crypto';
import { FRAME, isFrame, TAG_LENGTH } from './proof.ts';

const SEQUENCE_LENGTH = 6;
const HEAD_LENGTH = 1 + SEQUENCE_LENGTH;
/** Frames that one key may seal: no key lives that long. */
export const MAX_SEQUENCE = 2 ** (8 * SEQUENCE_LENGTH) - 1;
/** What sealing adds to the body. */
export const SEALED_OVERHEAD = HEAD_LENGTH + TAG_LENGTH;
const MAX_REASON_LENGTH = 200;

/** A frame of a proven path: nobody but the peer made it. */
export interface SealedFrame {
  readonly kind: number;
  /** Counts the sender's frames, over all paths of the pipe. */
  readonly sequence: number;
  readonly body: Uint8Array;
}

/**
 * kind 1 | sequence 6 | body | tag 16: HMAC-SHA-256 of all before it, cut to 128 bits (RFC 4868 section 2.6). The tag
 * keeps out what others inject and alter; the body can be read by whoever is on the path.
 */
export function sealFrame({ kind, sequence, body }: SealedFrame, key: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(SEALED_OVERHEAD + body.length);
  frame[0] = kind;
  frame.writeUIntBE(sequence, 1, SEQUENCE_LENGTH);
  frame.set(body, HEAD_LENGTH);
  const end = HEAD_LENGTH + body.length;
  tagOf(key, frame.subarray(0, end)).copy(frame, end, 0, TAG_LENGTH);
  return frame;
}

/** Undefined if the tag does not fit. Whether the frame is a replay is for a {@link ReplayWindow} to say. */
export function openFrame(bytes: Uint8Array, key: Uint8Array): SealedFrame | undefined {
  if (bytes.length < SEALED_OVERHEAD || !isFrame(bytes)) return undefined;
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = frame.length - TAG_LENGTH;
  if (!sameTag(tagOf(key, frame.subarray(0, end)), frame.subarray(end))) return undefined;
  const sequence = frame.readUIntBE(1, SEQUENCE_LENGTH);
  return { kind: frame[0]!, sequence, body: frame.subarray(HEAD_LENGTH, end) };
}

/** The tag of an answer to a hello. No sealed frame has this kind, so neither passes for the other. */
export function answerTag(hello: Uint8Array, key: Uint8Array): Buffer {
  return tagOf(key, Buffer.concat([Buffer.of(FRAME.answer), hello])).subarray(0, TAG_LENGTH);
}

/** Compares the first 16 bytes in constant time. */
export function sameTag(expected: Uint8Array, got: Uint8Array): boolean {
  return got.length === TAG_LENGTH && timingSafeEqual(expected.subarray(0, TAG_LENGTH), got);
}

function tagOf(key: Uint8Array, bytes: Uint8Array): Buffer {
  return createHmac('sha256', key).update(bytes).digest();
}

/** The body of a close frame. A reason too long is cut. */
export function encodeReason(reason: string): Buffer {
  return Buffer.from(reason, 'utf8').subarray(0, MAX_REASON_LENGTH);
}

/** The reason, with control characters taken out: it is the peer's text and may be printed. */
export function decodeReason(body: Uint8Array): string {
  const text = Buffer.from(body.subarray(0, MAX_REASON_LENGTH)).toString('utf8');
  return text.replace(/\p{C}/gu, '');
}
