interface Chunk {
  /** Where the chunk starts in the stream, counted from the first byte ever appended. */
  readonly start: number;
  readonly bytes: Uint8Array;
}

const COMPACT_AT = 64;

/** The bytes of a stream from the oldest unacknowledged one on. Each is copied once, when it is appended. */
export class SendBuffer {
  #chunks: Chunk[] = [];
  /** Index of the first chunk that still holds a byte. */
  #head = 0;
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  append(bytes: Uint8Array): void {
    this.#chunks.push({ start: this.#end, bytes: Buffer.from(bytes) });
    this.#end += bytes.length;
  }

  /** `length` bytes from `offset` on; they must be there. The result is not to be written to. */
  read(offset: number, length: number): Uint8Array {
    const from = this.#start + offset;
    let index = this.#chunkAt(from);
    const first = this.#chunks[index]!;
    const skip = from - first.start;
    if (skip + length <= first.bytes.length) return first.bytes.subarray(skip, skip + length);

    const gathered = Buffer.allocUnsafe(length);
    gathered.set(first.bytes.subarray(skip), 0);
    for (let filled = first.bytes.length - skip; filled < length; ) {
      const { bytes } = this.#chunks[++index]!;
      gathered.set(bytes.length > length - filled ? bytes.subarray(0, length - filled) : bytes, filled);
      filled += bytes.length;
    }
    return gathered;
  }

  /** Forgets the first `count` bytes: they are acknowledged. */
  discard(count: number): void {
    this.#start += count;
    while (this.#head < this.#chunks.length && this.#endOf(this.#head) <= this.#start) this.#head++;
    if (this.#head === this.#chunks.length) {
      this.#chunks = [];
      this.#head = 0;
    } else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.discard(this.length);
  }

  #endOf(index: number): number {
    const chunk = this.#chunks[index]!;
    return chunk.start + chunk.bytes.length;
  }

  /** Index of the chunk that holds the byte at a place in the stream. */
  #chunkAt(position: number): number {
    let low = this.#head;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#chunks[middle]!.start <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
