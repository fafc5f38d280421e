import type { PortAllocation } from '../../../core/nat/behaviour.ts';
import type { Random } from '../../../core/ports/index.ts';
import type { AddressId } from '../../packet.ts';
import { NONE } from '../pair-index.ts';
import type { PortAllocator, PortExceptions } from './allocator.ts';
import { candidatesWithin } from './candidates.ts';
import { FOREIGN, type PortSpace } from './port-space.ts';

/**
 * A random port of the block that belongs to the host (RFC 7422). Blocks are given in the order in which hosts first
 * need one, and kept. A host whose block is full gets nothing, and so does a host for which no block is left.
 */
export class BlockAllocator implements PortAllocator {
  readonly #ports: PortAllocation;
  readonly #space: PortSpace;
  readonly #random: Random;
  readonly #blocks = new Map<AddressId, number>();

  /** @throws RangeError if the range has no room for one block */
  constructor(ports: PortAllocation, space: PortSpace, random: Random) {
    const [low, high] = ports.range;
    if (ports.blockSize < 1 || low + ports.blockSize - 1 > high) {
      throw new RangeError(`a block of ${ports.blockSize} ports does not fit into ${low} to ${high}`);
    }
    this.#ports = ports;
    this.#space = space;
    this.#random = random;
  }

  choose(host: AddressId, internalPort: number, exceptions?: PortExceptions): number {
    // Foreign hosts have blocks of their own and can't be met here.
    if (host === FOREIGN) return NONE;
    const [first, last] = this.#ports.range;
    const block = this.#blocks.get(host) ?? this.#blocks.size;
    const low = first + block * this.#ports.blockSize;
    const high = low + this.#ports.blockSize - 1;
    if (high > last) return NONE;
    this.#blocks.set(host, block);
    return this.#space.pick(host, candidatesWithin(low, high, this.#ports, internalPort), this.#random, exceptions);
  }

  skip(): void {}
}
