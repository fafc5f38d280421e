import type { Random } from '../../../core/ports/index.ts';
import type { AddressId } from '../../packet.ts';
import { type ExpiryColumns, ExpiryIndex } from '../expiry-index.ts';
import { NONE } from '../pair-index.ts';
import type { PortExceptions } from './allocator.ts';
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
 * The ports of one protocol on one external address. A port is free, or taken, or held: freed, but
 * for a time only for the host that had it (RFC 6888 REQ-8).
 */
export class PortSpace {
  readonly #holdUs: number;
  readonly #free = PortSet.full();
  readonly #holds = new Map<number, Hold>();
  readonly #holdExpiry = new ExpiryIndex(HOLD_COLUMNS);
  readonly #holdsOfHost = new Map<AddressId, Set<number>>();
  /** How many have a port besides the first. */
  readonly #sharers = new Map<number, number>();

  constructor(holdUs: number) {
    this.#holdUs = holdUs;
    this.#free.delete(0);
  }

  isAvailable(port: number, host: AddressId, exceptions?: PortExceptions): boolean {
    const exception = exceptions?.(port);
    if (exception !== undefined) return exception === 'sharable';
    return this.#free.has(port) || this.#holds.get(port)?.host === host;
  }

  /** One of the candidates that the host may have, at random; {@link NONE} if there is none. */
  pick(host: AddressId, candidates: Candidates, random: Random, exceptions?: PortExceptions): number {
    const { low, high, parity } = candidates;
    const stride = parity === undefined ? 1 : 2;
    const first = parity === undefined ? low : low + ((low ^ parity) & 1);
    if (first > high) return NONE;
    const choices = Math.floor((high - first) / stride) + 1;
    for (let draw = 0; draw < DRAWS; draw++) {
      const port = first + stride * random.below(choices);
      if (this.isAvailable(port, host, exceptions)) return port;
    }
    const free = this.#free.count(candidates);
    if (free > 0) {
      const port = this.#free.at(candidates, random.below(free));
      if (exceptions?.(port) !== 'barred') return port;
    }
    for (const port of this.#holdsOfHost.get(host) ?? []) {
      if (port >= first && port <= high && (port - first) % stride === 0) return port;
    }
    for (let port = first; exceptions && port <= high; port += stride) {
      if (this.isAvailable(port, host, exceptions)) return port;
    }
    return NONE;
  }

  /** Could {@link pick} answer? */
  hasAvailable(host: AddressId, candidates: Candidates, exceptions?: PortExceptions): boolean {
    return exceptions !== undefined || this.#holdsOfHost.has(host) || this.#free.count(candidates) > 0;
  }

  /** Takes a port; one that is taken already is shared from then on, and released when all have released it. */
  take(port: number): void {
    const hold = this.#holds.get(port);
    if (hold) {
      this.#holdExpiry.remove(hold);
      this.#forget(hold);
    } else if (!this.#free.has(port)) {
      this.#sharers.set(port, (this.#sharers.get(port) ?? 0) + 1);
    }
    this.#free.delete(port);
  }

  /** Frees a port at once. */
  free(port: number): void {
    this.#free.add(port);
  }

  /** Frees a port at once, without a hold, unless others share it. */
  surrender(port: number): void {
    if (!this.#unshare(port)) this.free(port);
  }

  /** Frees a port that the host has had until `at`, in microseconds. */
  release(port: number, host: AddressId, at: number): void {
    if (this.#unshare(port)) return;
    if (this.#holdUs === 0) {
      this.free(port);
      return;
    }
    const hold = { port, host, until: at + this.#holdUs, slot: NONE };
    this.#holds.set(port, hold);
    this.#holdExpiry.add(hold);
    const ports = this.#holdsOfHost.get(host);
    if (ports) ports.add(port);
    else this.#holdsOfHost.set(host, new Set([port]));
  }

  /** Ends the holds that are over. */
  settle(now: number): void {
    for (let hold = this.#holdExpiry.takeDue(now); hold; hold = this.#holdExpiry.takeDue(now)) {
      this.#forget(hold);
      this.free(hold.port);
    }
  }

  /** Is one fewer of several that have the port? */
  #unshare(port: number): boolean {
    const sharers = this.#sharers.get(port);
    if (sharers === undefined) return false;
    if (sharers > 1) this.#sharers.set(port, sharers - 1);
    else this.#sharers.delete(port);
    return true;
  }

  #forget(hold: Hold): void {
    this.#holds.delete(hold.port);
    const ports = this.#holdsOfHost.get(hold.host)!;
    ports.delete(hold.port);
    if (ports.size === 0) this.#holdsOfHost.delete(hold.host);
  }
}
