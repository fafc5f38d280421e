const COMPACT_AT = 64;

/** In-order bytes that wait for the reader, piece by piece as they came. */
export class ReceiveQueue {
  #pieces: Uint8Array[] = [];
  #head = 0;
  #length = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  shift(): Uint8Array | undefined {
    const bytes = this.#pieces[this.#head];
    if (bytes === undefined) return undefined;
    this.#head++;
    this.#length -= bytes.length;
    if (this.#length === 0) this.clear();
    else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#pieces.length) {
      this.#pieces = this.#pieces.slice(this.#head);
      this.#head = 0;
    }
    return bytes;
  }

  clear(): void {
    this.#pieces = [];
    this.#head = 0;
    this.#length = 0;
  }
}
