import type { Random } from '../../../core/ports/index.ts';
import type { AddressId } from '../../packet.ts';
import { type ExpiryColumns, ExpiryIndex } from '../expiry-index.ts';
import type { MappingId } from '../mapping-rows.ts';
import { NONE } from '../pair-index.ts';
import { type Candidates, PortSet } from './port-set.ts';

/** Stands for all hosts behind the NAT that the world does not model. */
export const FOREIGN: AddressId = -1;

/** Blind draws before the exact search: enough while the space is less than nine tenths full. */
const DRAWS = 16;

interface Hold {
  readonly port: number;
  readonly host: AddressId;
  readonly until: number;
  slot: number;
}

const HOLD_COLUMNS: ExpiryColumns<Hold> = {
  deadlineOf: (hold) => hold.until,
  slotOf: (hold) => hold.slot,
  setSlot: (hold, slot) => {
    hold.slot = slot;
  },
};

/**
 * The ports of one protocol on one external address, and who has them. A port is free, or taken, or held: freed, but
 * for a time only for the host that had it (RFC 6888 REQ-8).
 */
export class PortSpace {
  readonly #holdUs: number;
  readonly #free = PortSet.full();
  // Two levels of 256: found without hashing, and only where ports are in use is there an array.
  readonly #owners: (Int32Array | undefined)[] = new Array(256).fill(undefined);
  readonly #holds = new Map<number, Hold>();
  readonly #holdExpiry = new ExpiryIndex(HOLD_COLUMNS);
  readonly #holdsOfHost = new Map<AddressId, Set<number>>();

  constructor(holdUs: number) {
    this.#holdUs = holdUs;
    this.#free.delete(0);
  }

  /** The mapping that has the port, or {@link NONE}. */
  owner(port: number): MappingId {
    return this.#owners[port >>> 8]?.[port & 255] ?? NONE;
  }

  isAvailable(port: number, host: AddressId): boolean {
    return this.#free.has(port) || this.#holds.get(port)?.host === host;
  }

  /** One of the candidates that the host may have, at random; {@link NONE} if there is none. */
  pick(host: AddressId, candidates: Candidates, random: Random): number {
    const { low, high, parity } = candidates;
    const stride = parity === undefined ? 1 : 2;
    const first = parity === undefined ? low : low + ((low ^ parity) & 1);
    if (first > high) return NONE;
    const choices = Math.floor((high - first) / stride) + 1;
    for (let draw = 0; draw < DRAWS; draw++) {
      const port = first + stride * random.below(choices);
      if (this.isAvailable(port, host)) return port;
    }
    const free = this.#free.count(candidates);
    if (free > 0) return this.#free.at(candidates, random.below(free));
    for (const port of this.#holdsOfHost.get(host) ?? []) {
      if (port >= first && port <= high && (port - first) % stride === 0) return port;
    }
    return NONE;
  }

  /** Could {@link pick} answer? */
  hasAvailable(host: AddressId, candidates: Candidates): boolean {
    return this.#holdsOfHost.has(host) || this.#free.count(candidates) > 0;
  }

  take(port: number, mapping: MappingId): void {
    this.reserve(port);
    const page = (this.#owners[port >>> 8] ??= new Int32Array(256).fill(NONE));
    page[port & 255] = mapping;
  }

  /** Takes a port for nobody in particular. */
  reserve(port: number): void {
    const hold = this.#holds.get(port);
    if (hold) {
      this.#holdExpiry.remove(hold);
      this.#forget(hold);
    }
    this.#free.delete(port);
  }

  /** @param at microseconds */
  release(port: number, host: AddressId, at: number): void {
    this.#owners[port >>> 8]![port & 255] = NONE;
    if (this.#holdUs === 0) {
      this.#free.add(port);
      return;
    }
    const hold = { port, host, until: at + this.#holdUs, slot: NONE };
    this.#holds.set(port, hold);
    this.#holdExpiry.add(hold);
    const ports = this.#holdsOfHost.get(host);
    if (ports) ports.add(port);
    else this.#holdsOfHost.set(host, new Set([port]));
  }

  /** Gives back what {@link reserve} took. */
  unreserve(port: number): void {
    this.#free.add(port);
  }

  /** Ends the holds that are over. */
  settle(now: number): void {
    for (let hold = this.#holdExpiry.takeDue(now); hold; hold = this.#holdExpiry.takeDue(now)) {
      this.#forget(hold);
      this.#free.add(hold.port);
    }
  }

  #forget(hold: Hold): void {
    this.#holds.delete(hold.port);
    const ports = this.#holdsOfHost.get(hold.host)!;
    ports.delete(hold.port);
    if (ports.size === 0) this.#holdsOfHost.delete(hold.host);
  }
}
