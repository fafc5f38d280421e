import type { PortAllocation } from '../../../core/nat/behaviour.ts';
import type { Random } from '../../../core/ports/index.ts';
import type { AddressId } from '../../packet.ts';
import { NONE } from '../pair-index.ts';
import type { PortAllocator, PortExceptions } from './allocator.ts';
import { candidatesWithin } from './candidates.ts';
import type { PortSpace } from './port-space.ts';
import { fits, wrap } from './wrap.ts';

/**
 * The last port plus `step`, wrapped within the range, and on in the same stride past ports that are taken. With
 * parity kept, a port of the wrong parity gives way to its neighbour. The first port is random, as on a NAT that has
 * been up for a while.
 */
export class SequentialAllocator implements PortAllocator {
  readonly #ports: PortAllocation;
  readonly #space: PortSpace;
  readonly #random: Random;
  readonly #size: number;
  #last: number;

  constructor(ports: PortAllocation, space: PortSpace, random: Random) {
    this.#ports = ports;
    this.#space = space;
    this.#random = random;
    const [low, high] = ports.range;
    this.#size = high - low + 1;
    this.#last = low + random.below(this.#size);
  }

  choose(host: AddressId, internalPort: number, exceptions?: PortExceptions): number {
    const { step, range } = this.#ports;
    const candidates = candidatesWithin(range[0], range[1], this.#ports, internalPort);
    if (!this.#space.hasAvailable(host, candidates, exceptions)) return NONE;
    let port = this.#last;
    for (let tries = 0; tries < this.#size; tries++) {
      port = wrap(port + step, range);
      const fitting = fits(this.#ports, internalPort, port) ? port : wrap(port + Math.sign(step), range);
      if (!fits(this.#ports, internalPort, fitting)) continue; // the range's ends have one parity
      if (this.#space.isAvailable(fitting, host, exceptions)) return (this.#last = fitting);
    }
    // A step that divides the size of the range comes round without having met every port.
    const other = this.#space.pick(host, candidates, this.#random, exceptions);
    if (other !== NONE) this.#last = other;
    return other;
  }

  skip(count: number): void {
    this.#last = wrap(this.#last + (count % this.#size) * this.#ports.step, this.#ports.range);
  }
}
