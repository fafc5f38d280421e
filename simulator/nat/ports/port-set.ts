/** The ports that may be given to a mapping. */
export interface Candidates {
  readonly low: number;
  readonly high: number;
  /** Only even (0) or only odd (1) ports; undefined: both. */
  readonly parity: 0 | 1 | undefined;
}

const EVEN_BITS = 0x55555555;

/** A set of port numbers as a bitmap. */
export class PortSet {
  readonly #words = new Uint32Array(2048);

  static full(): PortSet {
    const set = new PortSet();
    set.#words.fill(0xffffffff);
    return set;
  }

  has(port: number): boolean {
    return ((this.#words[port >>> 5]! >>> (port & 31)) & 1) === 1;
  }

  add(port: number): void {
    this.#words[port >>> 5]! |= 1 << (port & 31);
  }

  delete(port: number): void {
    this.#words[port >>> 5]! &= ~(1 << (port & 31));
  }

  /** How many of the candidates are in the set. */
  count(candidates: Candidates): number {
    let count = 0;
    for (let word = candidates.low >>> 5; word <= candidates.high >>> 5; word++) {
      count += ones(this.#members(word, candidates));
    }
    return count;
  }

  /** The candidate in the set that has `index` lower ones; there must be one. */
  at(candidates: Candidates, index: number): number {
    let left = index;
    for (let word = candidates.low >>> 5; word <= candidates.high >>> 5; word++) {
      let members = this.#members(word, candidates);
      const count = ones(members);
      if (left >= count) {
        left -= count;
        continue;
      }
      for (; left > 0; left--) members &= members - 1;
      return word * 32 + (31 - Math.clz32(members & -members));
    }
    throw new RangeError('no such member');
  }

  #members(word: number, candidates: Candidates): number {
    const { low, high, parity } = candidates;
    let members = this.#words[word]!;
    if (parity !== undefined) members &= parity === 0 ? EVEN_BITS : ~EVEN_BITS;
    if (word === low >>> 5) members &= -1 << (low & 31);
    if (word === high >>> 5) members &= -1 >>> (31 - (high & 31));
    return members;
  }
}

/** How many bits are set (Hacker's Delight, section 5-1). */
function ones(word: number): number {
  let count = word - ((word >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  return Math.imul((count + (count >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
