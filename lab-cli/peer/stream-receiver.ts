import type { StreamFrame } from './stream-frame.ts';

type Content = Extract<StreamFrame, { kind: 'data' | 'end' }>;

/** Frames that wait for their reader, or for one that is missing before them. */
const CAPACITY = 512;
const BEYOND = 64;

/** Puts frames in order, and keeps what its reader does not take yet. */
export class StreamReceiver {
  readonly #waiting = new Map<number, Content>();
  #next = 0;
  #complete = false;
  readonly #ready: Content[] = [];

  /** True if the frame tells anything new. */
  receive(frame: Content): boolean {
    const place = (frame.sequence - this.#next) | 0;
    // Behind: it came before. Too far: there was no room for it, so it is sent again.
    if (place < 0 || place >= CAPACITY - this.#ready.length || this.#waiting.has(this.#next + place)) return false;
    this.#waiting.set(this.#next + place, frame);
    for (let following = this.#waiting.get(this.#next); following; following = this.#waiting.get(this.#next)) {
      this.#waiting.delete(this.#next);
      this.#ready.push(following);
      this.#complete ||= following.kind === 'end';
      this.#next++;
    }
    return true;
  }

  /** The next frame in order, if it has come. */
  take(): Content | undefined {
    return this.#ready.shift();
  }

  /** Has all come that the other end will send? */
  get complete(): boolean {
    return this.#complete;
  }

  /** Does the other end have to be told when there is room again? */
  get cramped(): boolean {
    return this.#ready.length > CAPACITY / 2;
  }

  acknowledgement(done: boolean): Extract<StreamFrame, { kind: 'ack' }> {
    const beyond = Array.from({ length: BEYOND }, (_, place) => this.#waiting.has(this.#next + 1 + place));
    return { kind: 'ack', next: this.#next >>> 0, window: CAPACITY - this.#ready.length, done, beyond };
  }
}
