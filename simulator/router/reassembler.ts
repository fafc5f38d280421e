import type { Timer } from '../../core/ports/index.ts';
import type { Fragment, Packet } from '../packet.ts';
import { wireLength } from '../packet.ts';
import type { Device } from '../trace/observer.ts';
import type { World } from '../world/world.ts';

/** As Linux (`ipfrag_time`, `ipfrag_high_thresh`). */
const TIMEOUT_US = 30_000_000;
const MOST_BYTES = 4 * 1024 * 1024;

const IP_HEADER = 20;

type Piece = Packet & { readonly fragment: Fragment };

/** A datagram of which something is missing. */
interface Partial {
  /** By offset, without overlaps. */
  readonly pieces: Piece[];
  readonly timer: Timer;
}

/** Puts fragments together again, in whatever order they come (RFC 791 section 3.2, RFC 4787 REQ-14). */
export class Reassembler {
  readonly #world: World;
  readonly #device: Device;
  readonly #expired: (first: Packet) => void;
  /** By the datagram's number, which is unique in the world. */
  readonly #partials = new Map<number, Partial>();
  #bytes = 0;

  /** @param expired gets the first fragment of a datagram that the others did not follow in time */
  constructor(world: World, device: Device, expired: (first: Packet) => void = () => {}) {
    this.#world = world;
    this.#device = device;
    this.#expired = expired;
  }

  /** @returns the whole datagram if this was its last missing fragment */
  take(packet: Packet): Packet | undefined {
    if (!isPiece(packet)) return packet;
    const bytes = dataLength(packet);
    if (this.#bytes + bytes > MOST_BYTES) return this.#drop(packet, 'ip: no room for fragments');
    const { pieces } = this.#partial(packet.id);
    const place = pieces.findIndex(({ fragment }) => fragment.offset >= packet.fragment.offset);
    const index = place < 0 ? pieces.length : place;
    if (isSame(pieces[index], packet)) return this.#drop(packet, 'ip: repeated fragment');
    pieces.splice(index, 0, packet);
    this.#bytes += bytes;
    // RFC 5722 for IPv6, Linux for both: nobody cuts like this in good faith.
    if (overlaps(pieces[index - 1], packet) || overlaps(packet, pieces[index + 1])) {
      return this.#discard(packet.id, 'ip: overlapping fragments');
    }
    return isWhole(pieces) ? this.#join(packet.id, pieces) : undefined;
  }

  #partial(id: number): Partial {
    const known = this.#partials.get(id);
    if (known) return known;
    const timer = this.#world.scheduler.timer(TIMEOUT_US, () => this.#expire(id));
    const added = { pieces: [], timer };
    this.#partials.set(id, added);
    return added;
  }

  #join(id: number, pieces: readonly Piece[]): Packet {
    this.#forget(id);
    for (const piece of pieces.slice(1)) this.#world.trace.joined(this.#device, piece);
    const { fragment: _, ...whole } = pieces[0]!;
    return { ...whole, payload: Buffer.concat(pieces.map(({ payload }) => payload)) };
  }

  #expire(id: number): void {
    const [first] = this.#partials.get(id)!.pieces;
    this.#discard(id, 'ip: fragments missing');
    if (first?.fragment.offset === 0) this.#expired(first);
  }

  #discard(id: number, reason: string): undefined {
    for (const piece of this.#forget(id)) this.#drop(piece, reason);
  }

  #forget(id: number): readonly Piece[] {
    const { pieces, timer } = this.#partials.get(id)!;
    this.#partials.delete(id);
    timer.cancel();
    for (const piece of pieces) this.#bytes -= dataLength(piece);
    return pieces;
  }

  #drop(packet: Packet, reason: string): undefined {
    this.#world.trace.dropped(this.#device, packet, reason);
  }
}

function isPiece(packet: Packet): packet is Piece {
  return packet.fragment !== undefined;
}

function dataLength(packet: Packet): number {
  return wireLength(packet) - IP_HEADER;
}

function end(piece: Piece): number {
  return piece.fragment.offset + dataLength(piece);
}

function isSame(one: Piece | undefined, other: Piece): boolean {
  return one?.fragment.offset === other.fragment.offset && end(one) === end(other);
}

function overlaps(before: Piece | undefined, after: Piece | undefined): boolean {
  return before !== undefined && after !== undefined && end(before) > after.fragment.offset;
}

function isWhole(pieces: readonly Piece[]): boolean {
  const gapless = pieces.every((piece, index) => piece.fragment.offset === (index === 0 ? 0 : end(pieces[index - 1]!)));
  return gapless && !pieces.at(-1)!.fragment.more;
}
