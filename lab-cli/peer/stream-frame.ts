/** What the two ends of a byte stream say to each other: one frame is one message of the pipe. */
export type StreamFrame =
  | { readonly kind: 'data'; readonly sequence: number; readonly bytes: Uint8Array }
  /** No bytes follow; it takes a place in the sequence as data does. */
  | { readonly kind: 'end'; readonly sequence: number }
  | {
      readonly kind: 'ack';
      /** The first frame that has not come. */
      readonly next: number;
      /** Frames from there on that the receiver has room for. */
      readonly window: number;
      /** Both directions are through, as far as who says it knows. */
      readonly done: boolean;
      /** Which of the 64 frames after `next` have come. */
      readonly beyond: readonly boolean[];
    };

export const FRAME_OVERHEAD = 5;
const BEYOND = 64;
/** Beside the window, which is smaller. */
const DONE = 0x8000;
const KINDS = { data: 1, end: 2, ack: 3 } as const;
const ACK_LENGTH = FRAME_OVERHEAD + 2 + BEYOND / 8;

export function encodeFrame(frame: StreamFrame): Buffer {
  const head = Buffer.alloc(frame.kind === 'ack' ? ACK_LENGTH : FRAME_OVERHEAD);
  head[0] = KINDS[frame.kind];
  head.writeUInt32BE(frame.kind === 'ack' ? frame.next : frame.sequence, 1);
  if (frame.kind === 'data') return Buffer.concat([head, frame.bytes]);
  if (frame.kind === 'ack') {
    head.writeUInt16BE(frame.window | (frame.done ? DONE : 0), FRAME_OVERHEAD);
    for (const [place, came] of frame.beyond.entries()) {
      const at = FRAME_OVERHEAD + 2 + (place >> 3);
      if (came) head[at] = head[at]! | (0x80 >> (place & 7));
    }
  }
  return head;
}

/** Undefined for what is no frame. */
export function decodeFrame(message: Uint8Array): StreamFrame | undefined {
  if (message.length < FRAME_OVERHEAD) return undefined;
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.length);
  const number = bytes.readUInt32BE(1);
  if (bytes[0] === KINDS.data && bytes.length > FRAME_OVERHEAD) {
    return { kind: 'data', sequence: number, bytes: bytes.subarray(FRAME_OVERHEAD) };
  }
  if (bytes[0] === KINDS.end && bytes.length === FRAME_OVERHEAD) return { kind: 'end', sequence: number };
  if (bytes[0] !== KINDS.ack || bytes.length !== ACK_LENGTH) return undefined;
  const beyond = Array.from({ length: BEYOND }, (_, place) => {
    return (bytes[FRAME_OVERHEAD + 2 + (place >> 3)]! & (0x80 >> (place & 7))) !== 0;
  });
  const room = bytes.readUInt16BE(FRAME_OVERHEAD);
  return { kind: 'ack', next: number, window: room & ~DONE, done: (room & DONE) !== 0, beyond };
}
