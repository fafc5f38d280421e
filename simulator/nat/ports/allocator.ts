import type { AddressId } from '../../packet.ts';

/** Beyond the ports that are free: may this one, which is in use, serve one mapping more (RFC 7857 section 3)? */
export type Sharable = (port: number) => boolean;

/** How new mappings get their external ports within one port space. */
export interface PortAllocator {
  /** A port that the space has available for the host, or NONE. The caller takes it. */
  choose(host: AddressId, internalPort: number, sharable?: Sharable): number;
  /** Moves on as if `count` more mappings had come and gone. */
  skip(count: number): void;
}
