import type { Random } from '../../../core/ports/index.ts';
import { type ExpiryColumns, ExpiryIndex } from '../expiry-index.ts';
import { NONE } from '../pair-index.ts';
import type { PortAllocator } from './allocator.ts';
import { FOREIGN, type PortSpace } from './port-space.ts';

const WORD = 0x1_0000_0000;

interface Occupation {
  readonly port: number;
  readonly until: number;
  slot: number;
}

const OCCUPATION_COLUMNS: ExpiryColumns<Occupation> = {
  deadlineOf: (occupation) => occupation.until,
  slotOf: (occupation) => occupation.slot,
  setSlot: (occupation, slot) => {
    occupation.slot = slot;
  },
};

/**
 * The mappings that foreign hosts make in one port space: a Poisson process, worked out when somebody asks and not by
 * timers. Each takes a port as the allocator would give it, for one lifetime and the hold after it. The NAT has been
 * busy for long when the world begins.
 */
export class Contention {
  readonly #space: PortSpace;
  readonly #allocator: PortAllocator;
  readonly #random: Random;
  readonly #meanGapUs: number;
  readonly #occupationUs: number;
  readonly #occupations = new ExpiryIndex(OCCUPATION_COLUMNS);
  #nextUs: number;

  /**
   * @param meanGapUs mean time between two mappings
   * @param occupationUs how long each keeps its port from others
   */
  constructor(
    space: PortSpace,
    allocator: PortAllocator,
    random: Random,
    meanGapUs: number,
    occupationUs: number,
    now: number,
  ) {
    this.#space = space;
    this.#allocator = allocator;
    this.#random = random;
    this.#meanGapUs = meanGapUs;
    this.#occupationUs = occupationUs;
    this.#nextUs = now - occupationUs + exponential(random, meanGapUs);
  }

  /** Brings the space up to date. */
  settle(now: number): void {
    this.#skipTo(now - this.#occupationUs);
    while (this.#nextUs <= now) {
      this.#release(this.#nextUs);
      const port = this.#allocator.choose(FOREIGN, 1024 + this.#random.below(64512));
      if (port !== NONE) {
        this.#space.take(port);
        this.#occupations.add({ port, until: this.#nextUs + this.#occupationUs, slot: NONE });
      }
      this.#nextUs += exponential(this.#random, this.#meanGapUs);
    }
    this.#release(now);
  }

  /** Mappings that are over by now matter by their number only, and of that the mean is near enough. */
  #skipTo(time: number): void {
    const gone = Math.floor((time - this.#nextUs) / this.#meanGapUs);
    if (gone <= 0) return;
    this.#nextUs += Math.floor(gone * this.#meanGapUs);
    this.#allocator.skip(gone);
  }

  #release(now: number): void {
    for (let over = this.#occupations.takeDue(now); over; over = this.#occupations.takeDue(now)) {
      this.#space.free(over.port);
    }
  }
}

/**
 * A time from the exponential distribution, in whole units, by comparisons alone (J. von Neumann, 1951): engines may
 * differ in the last bit of a logarithm, and a result must not. A run of falling draws that is odd in length gives its
 * first draw; after an even one the result grows by one mean and the draws begin anew.
 */
export function exponential(random: Random, mean: number): number {
  for (let wholes = 0; ; wholes++) {
    const first = random.uint32();
    let length = 1;
    for (let last = first, draw = random.uint32(); draw < last; last = draw, draw = random.uint32()) length++;
    if (length % 2 === 1) return Math.max(1, Math.floor((wholes + first / WORD) * mean));
  }
}
