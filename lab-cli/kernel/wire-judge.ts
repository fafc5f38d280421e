import { randomBytes } from 'node:crypto';
import { addressFromBytes } from '../../core/net/ip.ts';
import { type Direction, SERVER_ADDRESSES } from '../../kernel-lab/index.ts';
import type { Path } from '../../reports/schema.ts';
import { MARK_LENGTH } from '../trial/mark.ts';

const SERVERS = new Set(SERVER_ADDRESSES);

/** How packets went that never came to the core. */
export interface InsideView {
  /** Packets that a NAT turned round. */
  readonly turned: number;
  /** Does a NAT stand between the two, inside of the one that they share? */
  readonly translated: boolean;
}

/** RFC 791 section 3.1, RFC 8200 section 3. */
function destinationOf(packet: Buffer): string {
  return addressFromBytes(packet[0]! >> 4 === 6 ? packet.subarray(24, 40) : packet.subarray(16, 20));
}

/** Looks for a mark in every packet on the lines to the core: from where it travelled follows the path of a pipe. */
export class WireJudge {
  readonly mark = randomBytes(MARK_LENGTH);
  #relayed = false;
  #crossed = false;

  /** A packet that leaves a line. */
  see(direction: Direction, packet: Buffer): void {
    if (direction === 'down' || !packet.includes(this.mark)) return;
    this.#crossed = true;
    if (SERVERS.has(destinationOf(packet))) this.#relayed = true;
  }

  get crossedCore(): boolean {
    return this.#crossed;
  }

  /** Of the mark, which has arrived. @param inside only where it did not cross the core */
  path(inside: InsideView): Path {
    if (this.#relayed) return 'relayed';
    if (this.#crossed) return 'direct';
    if (inside.turned > 0) return 'hairpin';
    return inside.translated ? 'direct' : 'lan';
  }
}
