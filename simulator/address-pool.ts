import { addressInPrefix, formatPrefix, type Prefix, prefixFamily } from '../core/net/prefix.ts';

/** Hands out the addresses of one or more blocks, in order, each once. The first and last of a block are left alone. */
export class AddressPool {
  readonly #blocks: readonly Prefix[];
  #block = 0;
  #next = 1;

  constructor(...blocks: Prefix[]) {
    this.#blocks = blocks;
  }

  /** @throws RangeError if there are no more */
  take(): string {
    return addressInPrefix(this.#place(1), this.#next++);
  }

  /**
   * A block of its own with room for `size` addresses, a power of two.
   *
   * @throws RangeError if there is no more room
   */
  takeBlock(size: number): Prefix {
    this.#next = Math.ceil(this.#next / size) * size;
    const block = this.#place(size);
    const address = addressInPrefix(block, this.#next);
    this.#next += size;
    return { address, length: bitsOf(block) - Math.log2(size) };
  }

  /** The block with room for `size` more. */
  #place(size: number): Prefix {
    for (; this.#block < this.#blocks.length; this.#block++, this.#next = size) {
      const block = this.#blocks[this.#block]!;
      if (this.#next + size < 2 ** (bitsOf(block) - block.length)) return block;
    }
    throw new RangeError(`no address is left of ${this.#blocks.map(formatPrefix).join(', ')}`);
  }
}

function bitsOf(prefix: Prefix): number {
  return prefixFamily(prefix) === 4 ? 32 : 128;
}
