import { MAX_NAME_MESSAGE_LENGTH } from './messages.ts';

/** A message with its length before it, 16 bits. */
export function frameNameMessage(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(2 + message.length);
  frame.writeUInt16BE(message.length);
  frame.set(message, 2);
  return frame;
}

/** Puts messages together from a byte stream. Holds one message at most. */
export class NameFramer {
  #pending: Buffer = Buffer.alloc(0);

  /** The messages that are whole now; undefined if the stream is none of ours and must be broken off. */
  push(bytes: Uint8Array): Uint8Array[] | undefined {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    const messages: Uint8Array[] = [];
    while (this.#pending.length >= 2) {
      const length = this.#pending.readUInt16BE();
      if (length === 0 || length > MAX_NAME_MESSAGE_LENGTH) return undefined;
      if (this.#pending.length < 2 + length) break;
      messages.push(Uint8Array.from(this.#pending.subarray(2, 2 + length)));
      this.#pending = this.#pending.subarray(2 + length);
    }
    return messages;
  }
}
