import type { AddressId } from '../../packet.ts';

/**
 * Where one mapping is treated otherwise than all: it may share a port that is in use (RFC 7857 section 3), or may not
 * have one though it is free.
 */
export type PortExceptions = (port: number) => 'sharable' | 'barred' | undefined;

/** How new mappings get their external ports within one port space. */
export interface PortAllocator {
  /** A port that the space has available for the host, or NONE. The caller takes it. */
  choose(host: AddressId, internalPort: number, exceptions?: PortExceptions): number;
  /** Moves on as if `count` more mappings had come and gone. */
  skip(count: number): void;
}
