import type { NatBehaviour, PortAllocation } from '../../core/nat/behaviour.ts';
import type { NatSite } from './nat-site.ts';

/** So many that no trial comes round, few enough to load in a moment. */
const LONGEST_SEQUENCE = 2048;
const LAST_SYSTEM_PORT = 1023;

/** The end of an `snat` statement that draws a new port, e.g. ` 203.0.113.10:1024-65535 fully-random`. */
export function freshPort({ ports }: NatBehaviour, { external: [address], start }: NatSite): string {
  const [low, high] = ports.range;
  switch (ports.allocation) {
    case 'preserving': // of a port that is in use
    case 'random':
      return `${address}:${low}-${high} fully-random`;
    case 'block': {
      const blocks = Math.floor((high - low + 1) / ports.blockSize);
      const first = low + Math.floor(start * blocks) * ports.blockSize;
      return `${address}:${first}-${first + ports.blockSize - 1} fully-random`;
    }
    case 'sequential': {
      // A constant map: `numgen inc mod N offset BASE` itself comes out with its bytes swapped in nftables 1.0.
      const sequence = sequentialPorts(ports, start);
      const entries = sequence.map((port, index) => `${index} : ${port}`).join(', ');
      return `${address} : numgen inc mod ${sequence.length} map { ${entries} }`;
    }
    case 'offset':
    case 'local-sequential':
      throw new RangeError(`${ports.allocation} ports can't be compiled`); // unsupported.ts tells beforehand
  }
}

/** The same for a port that is kept if it is free. */
export function keptPort({ ports: { range } }: NatBehaviour, { external: [address] }: NatSite): string {
  const [low, high] = range;
  const least = high > LAST_SYSTEM_PORT ? Math.max(low, LAST_SYSTEM_PORT + 1) : low;
  return `${address}:${least}-${high}`;
}

/** What a sequential allocator gives out, in order, until it comes round. */
export function sequentialPorts({ range: [low, high], step }: PortAllocation, start: number): number[] {
  const size = high - low + 1;
  const first = Math.floor(start * size);
  const seen = new Set<number>();
  for (let index = 0; seen.size < LONGEST_SEQUENCE; index++) {
    const port = low + ((((first + index * step) % size) + size) % size);
    if (seen.has(port)) break;
    seen.add(port);
  }
  return [...seen];
}
