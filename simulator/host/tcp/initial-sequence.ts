import type { Random } from '../../../core/ports/index.ts';
import type { Flow } from './segment.ts';
import type { Sequence } from './sequence.ts';

/**
 * Initial sequence numbers by RFC 6528: a clock plus a keyed hash of the flow. The clock makes the next connection of
 * a flow start above the last one, which is how a peer in TIME-WAIT knows its SYN from an old one. The hash is no
 * cryptographic one: nobody in a simulated network reads memory or guesses numbers.
 */
export class InitialSequences {
  readonly #key: number;

  constructor(random: Random) {
    this.#key = random.uint32();
  }

  /** @param nowUs microseconds; the clock ticks every 64 ns, as Linux' does */
  next(flow: Flow, nowUs: number): Sequence {
    let hash = this.#key;
    hash = mix(hash, flow.local);
    hash = mix(hash, flow.remote);
    hash = mix(hash, (flow.localPort << 16) | flow.remotePort);
    return (hash + Math.floor((nowUs * 125) / 8)) >>> 0;
  }
}

/** A round of MurmurHash3 (Austin Appleby, public domain), finished off. */
function mix(hash: number, word: number): number {
  let value = Math.imul(hash ^ word, 0xcc9e2d51);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
