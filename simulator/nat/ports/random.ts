import type { PortAllocation } from '../../../core/nat/behaviour.ts';
import type { Random } from '../../../core/ports/index.ts';
import type { AddressId } from '../../packet.ts';
import type { PortAllocator, PortExceptions } from './allocator.ts';
import { candidatesWithin } from './candidates.ts';
import type { PortSpace } from './port-space.ts';

/** Any free port of the range, each equally likely (RFC 7857 section 9, RFC 6888 REQ-15). */
export class RandomAllocator implements PortAllocator {
  readonly #ports: PortAllocation;
  readonly #space: PortSpace;
  readonly #random: Random;

  constructor(ports: PortAllocation, space: PortSpace, random: Random) {
    this.#ports = ports;
    this.#space = space;
    this.#random = random;
  }

  choose(host: AddressId, internalPort: number, exceptions?: PortExceptions): number {
    const [low, high] = this.#ports.range;
    return this.#space.pick(host, candidatesWithin(low, high, this.#ports, internalPort), this.#random, exceptions);
  }

  skip(): void {}
}
