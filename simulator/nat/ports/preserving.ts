import type { PortAllocation } from '../../../core/nat/behaviour.ts';
import type { Random } from '../../../core/ports/index.ts';
import type { AddressId } from '../../packet.ts';
import type { PortAllocator, PortExceptions } from './allocator.ts';
import { candidatesWithin } from './candidates.ts';
import type { PortSpace } from './port-space.ts';

const LAST_SYSTEM_PORT = 1023;

/**
 * The internal port itself while it is available, else a random one (RFC 7857 section 9: randomise on collision only).
 *
 * A system port (1 to 1023) keeps to its class whatever the range says, since RFC 4787 REQ-3a asks for that and the
 * default range begins above it; likewise no other port falls into that class. Any other internal port outside the
 * range is not preserved: the range is the first and last external port.
 */
export class PreservingAllocator implements PortAllocator {
  readonly #ports: PortAllocation;
  readonly #space: PortSpace;
  readonly #random: Random;

  constructor(ports: PortAllocation, space: PortSpace, random: Random) {
    this.#ports = ports;
    this.#space = space;
    this.#random = random;
  }

  choose(host: AddressId, internalPort: number, exceptions?: PortExceptions): number {
    const [low, high] = classOf(this.#ports, internalPort);
    if (preserves(this.#ports, internalPort) && this.#space.isAvailable(internalPort, host, exceptions))
      return internalPort;
    return this.#space.pick(host, candidatesWithin(low, high, this.#ports, internalPort), this.#random, exceptions);
  }

  skip(): void {}
}

/** Would the internal port be kept if it were available? */
export function preserves(ports: PortAllocation, internalPort: number): boolean {
  if (ports.allocation !== 'preserving') return false;
  const [low, high] = classOf(ports, internalPort);
  return internalPort >= low && internalPort <= high;
}

function classOf({ range }: PortAllocation, internalPort: number): readonly [number, number] {
  if (internalPort <= LAST_SYSTEM_PORT) return [1, LAST_SYSTEM_PORT];
  const [low, high] = range;
  return high > LAST_SYSTEM_PORT ? [Math.max(low, LAST_SYSTEM_PORT + 1), high] : [low, high];
}
