import type { PortAllocation } from '../../../core/nat/behaviour.ts';
import type { Random } from '../../../core/ports/index.ts';
import type { PortAllocator } from './allocator.ts';
import { BlockAllocator } from './block.ts';
import { LocalSequentialAllocator } from './local-sequential.ts';
import { OffsetAllocator } from './offset.ts';
import type { PortSpace } from './port-space.ts';
import { PreservingAllocator } from './preserving.ts';
import { RandomAllocator } from './random.ts';
import { SequentialAllocator } from './sequential.ts';

export function createAllocator(ports: PortAllocation, space: PortSpace, random: Random): PortAllocator {
  switch (ports.allocation) {
    case 'preserving':
      return new PreservingAllocator(ports, space, random);
    case 'offset':
      return new OffsetAllocator(ports, space, random);
    case 'sequential':
      return new SequentialAllocator(ports, space, random);
    case 'local-sequential':
      return new LocalSequentialAllocator(ports, space, random);
    case 'random':
      return new RandomAllocator(ports, space, random);
    case 'block':
      return new BlockAllocator(ports, space, random);
  }
}
