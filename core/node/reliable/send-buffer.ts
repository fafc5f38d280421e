import type { Segment } from '../../wire/segment.ts';

/** RFC 6675 section 2 (DupThresh): later ones that came in before a segment counts as lost. */
const DUPLICATES = 3;

/** A piece of a message on its way. */
export interface Outgoing {
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly endsMessage: boolean;
  sentAtUs: number;
  sends: number;
  /** Later segments that were acknowledged before this one. */
  overtaken: number;
  lost: boolean;
  /** Nothing gets lost on the way that it takes. */
  safe: boolean;
}

export interface Acknowledgement {
  /** How many segments came in that were not known to have. */
  readonly fresh: number;
  /** Round trip of the latest of them, if it was sent once only. */
  readonly roundTripUs: number | undefined;
  readonly lost: readonly Outgoing[];
}

/** What was queued and has not been acknowledged. */
export class SendBuffer {
  readonly #flight = new Map<number, Outgoing>();
  readonly #queue: { payload: Uint8Array; endsMessage: boolean }[] = [];
  #next = 0;
  #oldest = 0;

  /** The number that is sent next. */
  get next(): number {
    return this.#next;
  }

  /** The first number that has not been acknowledged, with all before it. */
  get oldest(): number {
    return this.#oldest;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Sent, neither acknowledged nor known to be lost. */
  get underWay(): number {
    let count = 0;
    for (const { lost } of this.#flight.values()) if (!lost) count++;
    return count;
  }

  /** Does anything that is under way need an eye on it? */
  get anyAtRisk(): boolean {
    for (const { lost, safe } of this.#flight.values()) if (!lost && !safe) return true;
    return false;
  }

  get empty(): boolean {
    return this.#queue.length === 0 && this.#flight.size === 0;
  }

  push(message: Uint8Array, size: number): void {
    const pieces = Math.max(1, Math.ceil(message.length / size));
    const copy = Buffer.from(message); // The caller may use its bytes again.
    for (let index = 0; index < pieces; index++) {
      const payload = copy.subarray(index * size, (index + 1) * size);
      this.#queue.push({ payload, endsMessage: index === pieces - 1 });
    }
  }

  /**
   * What to send now: what got lost first, then what is new, up to the peer's window.
   * @param safe the way that it takes loses nothing, and the peer has room for it
   */
  take(nowUs: number, windowEnd: number, safe: boolean): Outgoing | undefined {
    for (const outgoing of this.#flight.values()) {
      if (!outgoing.lost) continue;
      Object.assign(outgoing, { lost: false, safe, overtaken: 0, sentAtUs: nowUs, sends: outgoing.sends + 1 });
      return outgoing;
    }
    const piece = this.#next < windowEnd ? this.#queue.shift() : undefined;
    if (!piece) return undefined;
    const outgoing = { ...piece, sequence: this.#next++, sentAtUs: nowUs, sends: 1, overtaken: 0, lost: false, safe };
    this.#flight.set(outgoing.sequence, outgoing);
    return outgoing;
  }

  /** What the peer says about what has come in; undefined for nonsense. */
  acknowledge({ acknowledged, selective }: Segment, nowUs: number): Acknowledgement | undefined {
    if (acknowledged > this.#next) return undefined;
    let latest: Outgoing | undefined;
    let fresh = 0;
    const came = (sequence: number) => {
      const outgoing = this.#flight.get(sequence);
      if (!outgoing) return;
      this.#flight.delete(sequence);
      fresh++;
      latest = outgoing;
    };
    for (let sequence = this.#oldest; sequence < acknowledged; sequence++) came(sequence);
    for (let index = 0; index < 32; index++) if (selective & (1 << index)) came(acknowledged + 1 + index);
    this.#oldest = Math.max(this.#oldest, acknowledged);
    const roundTripUs = latest?.sends === 1 ? nowUs - latest.sentAtUs : undefined;
    return { fresh, roundTripUs, lost: latest ? this.#overtaken(latest, fresh) : [] };
  }

  /** Nothing has come back for too long: all that is under way counts as lost, but for what is safe. */
  giveUpFlight(): void {
    for (const outgoing of this.#flight.values()) outgoing.lost ||= !outgoing.safe;
  }

  /** The way that seemed safe is gone. */
  endSafety(): void {
    for (const outgoing of this.#flight.values()) outgoing.safe = false;
  }

  /** Those that were sent before what came in, and are still missing. */
  #overtaken(latest: Outgoing, by: number): Outgoing[] {
    const lost: Outgoing[] = [];
    for (const outgoing of this.#flight.values()) {
      if (outgoing.lost || outgoing.sequence > latest.sequence || outgoing.sentAtUs > latest.sentAtUs) continue;
      outgoing.overtaken += by;
      if (outgoing.overtaken < DUPLICATES) continue;
      outgoing.lost = true;
      lost.push(outgoing);
    }
    return lost;
  }
}
