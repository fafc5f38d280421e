import type { AddressId } from '../../packet.ts';

/** How new mappings get their external ports within one port space. */
export interface PortAllocator {
  /** A port that the space has available for the host, or NONE. The caller takes it. */
  choose(host: AddressId, internalPort: number): number;
  /** Moves on as if `count` more mappings had come and gone. */
  skip(count: number): void;
}
