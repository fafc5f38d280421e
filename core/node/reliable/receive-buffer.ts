/** Segments that there is room for: those that came out of order, and those of messages that nobody reads yet. */
const ROOM = 512;
/** Those that a selective acknowledgement can tell. */
const TOLD = 32;
/** A message that is longer is not one of ours. */
export const MAX_RELIABLE_MESSAGE = 1 << 19;

interface Piece {
  readonly payload: Uint8Array;
  readonly endsMessage: boolean;
}

/** Puts segments in order, and messages together. */
export class ReceiveBuffer {
  readonly #pieces = new Map<number, Piece>();
  readonly #ready: { readonly message: Uint8Array; readonly segments: number }[] = [];
  #parts: Uint8Array[] = [];
  #held = 0;
  #next = 0;

  /** Every number below has come in. */
  get next(): number {
    return this.#next;
  }

  get window(): number {
    return Math.max(0, ROOM - this.#held);
  }

  get selective(): number {
    let bits = 0;
    for (let index = 0; index < TOLD; index++) if (this.#pieces.has(this.#next + 1 + index)) bits |= 1 << index;
    return bits >>> 0;
  }

  /** False: it was there before, or there is no room for it. @throws RangeError if the message gets too long */
  put(sequence: number, piece: Piece): boolean {
    if (sequence < this.#next || sequence >= this.#next + this.window || this.#pieces.has(sequence)) return false;
    this.#pieces.set(sequence, piece);
    for (let due = this.#pieces.get(this.#next); due; due = this.#pieces.get(this.#next)) {
      this.#pieces.delete(this.#next++);
      this.#append(due);
    }
    return true;
  }

  /** The next whole message. */
  take(): Uint8Array | undefined {
    const first = this.#ready.shift();
    this.#held -= first?.segments ?? 0;
    return first?.message;
  }

  #append({ payload, endsMessage }: Piece): void {
    this.#parts.push(payload);
    this.#held++;
    if (!endsMessage) {
      // The longest message has far fewer segments than there is room for, unless somebody sends them nearly empty.
      if (this.#parts.length >= ROOM) throw new RangeError('the peer sent a message of too many segments');
      return;
    }
    this.#ready.push({ message: Buffer.concat(this.#parts), segments: this.#parts.length });
    this.#parts = [];
  }
}
