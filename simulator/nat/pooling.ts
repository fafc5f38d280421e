import type { NatBehaviour } from '../../core/nat/behaviour.ts';
import type { Random } from '../../core/ports/index.ts';
import type { AddressId } from '../packet.ts';

/** Which of several external addresses a host gets (RFC 4787 section 4.1), for all protocols alike. */
export class Pooling {
  /** RFC 4787 REQ-2. */
  readonly paired: boolean;
  readonly #addresses: number;
  readonly #random: Random;
  // As long as the NAT runs: a host that comes back finds its address again. One entry an inside address at most.
  readonly #pairs = new Map<AddressId, number>();

  constructor(pooling: NatBehaviour['pooling'], addresses: number, random: Random) {
    this.paired = pooling === 'paired';
    this.#addresses = addresses;
    this.#random = random;
  }

  /** The index of the address for a new mapping. */
  addressFor(host: AddressId): number {
    if (this.#addresses === 1) return 0;
    if (!this.paired) return this.#random.below(this.#addresses);
    let index = this.#pairs.get(host);
    if (index === undefined) {
      index = this.#pairs.size % this.#addresses;
      this.#pairs.set(host, index);
    }
    return index;
  }
}
