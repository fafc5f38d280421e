import type { PortAllocation } from '../../../core/nat/behaviour.ts';
import type { Random } from '../../../core/ports/index.ts';
import type { AddressId } from '../../packet.ts';
import { NONE } from '../pair-index.ts';
import type { PortAllocator, PortExceptions } from './allocator.ts';
import { candidatesWithin } from './candidates.ts';
import type { PortSpace } from './port-space.ts';
import { fits, wrap } from './wrap.ts';

/**
 * The last external port plus `step` if the internal port is the one after that of the last mapping, whoever's it was;
 * else, and where that port is not available, a random one.
 */
export class LocalSequentialAllocator implements PortAllocator {
  readonly #ports: PortAllocation;
  readonly #space: PortSpace;
  readonly #random: Random;
  #last: { readonly internal: number; readonly external: number } | undefined;

  constructor(ports: PortAllocation, space: PortSpace, random: Random) {
    this.#ports = ports;
    this.#space = space;
    this.#random = random;
  }

  choose(host: AddressId, internalPort: number, exceptions?: PortExceptions): number {
    const { range } = this.#ports;
    const next = this.#next(host, internalPort, exceptions);
    const candidates = candidatesWithin(range[0], range[1], this.#ports, internalPort);
    const port = next === NONE ? this.#space.pick(host, candidates, this.#random, exceptions) : next;
    if (port !== NONE) this.#last = { internal: internalPort, external: port };
    return port;
  }

  skip(count: number): void {
    if (count > 0) this.#last = undefined;
  }

  #next(host: AddressId, internalPort: number, exceptions?: PortExceptions): number {
    if (this.#last?.internal !== internalPort - 1) return NONE;
    const port = wrap(this.#last.external + this.#ports.step, this.#ports.range);
    return fits(this.#ports, internalPort, port) && this.#space.isAvailable(port, host, exceptions) ? port : NONE;
  }
}
