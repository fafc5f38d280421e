import type { PortAllocation } from '../../../core/nat/behaviour.ts';
import type { Random } from '../../../core/ports/index.ts';
import type { AddressId } from '../../packet.ts';
import type { PortAllocator, PortExceptions } from './allocator.ts';
import { candidatesWithin } from './candidates.ts';
import type { PortSpace } from './port-space.ts';
import { fits, wrap } from './wrap.ts';

/**
 * The internal port and a constant while that port is available, else a random one. Two internal ports are as far from
 * each other outside as inside, but for the end of the range.
 */
export class OffsetAllocator implements PortAllocator {
  readonly #ports: PortAllocation;
  readonly #space: PortSpace;
  readonly #random: Random;

  constructor(ports: PortAllocation, space: PortSpace, random: Random) {
    this.#ports = ports;
    this.#space = space;
    this.#random = random;
  }

  choose(host: AddressId, internalPort: number, exceptions?: PortExceptions): number {
    const { offset, range } = this.#ports;
    const port = wrap(internalPort + offset, range);
    if (fits(this.#ports, internalPort, port) && this.#space.isAvailable(port, host, exceptions)) return port;
    const candidates = candidatesWithin(range[0], range[1], this.#ports, internalPort);
    return this.#space.pick(host, candidates, this.#random, exceptions);
  }

  skip(): void {}
}
