import type { Host, Timer } from '../../ports/index.ts';

/** A stream on which we have said nothing for so long, by a fifth more or less, says that we are there. */
export const BEAT_MS = 15_000;
/** Beats of ours in a row without a byte of the peer's: it is not there. */
const MISSED = 3;

export interface HeartbeatOptions {
  readonly host: Pick<Host, 'clock' | 'random'>;
  /** Says that we are there. */
  beat(): void;
  /** The peer is not. */
  expired(): void;
}

/**
 * Sees to it that the peer at the other end of a stream is there. TCP notices by itself only if it has something to send,
 * and then after a quarter of an hour. Nobody is asked: who does not read, because its own reader is slow, is still there,
 * and says so of its own accord.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: Timer;
  #quiet = true;
  #missed = 0;
  #deaf = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#timer = this.#next();
  }

  sent(): void {
    this.#quiet = false;
  }

  heard(): void {
    this.#missed = 0;
  }

  /** Nothing is read for the time being. */
  pause(): void {
    this.#deaf = true;
  }

  resume(): void {
    this.#deaf = false;
    this.#missed = 0;
  }

  stop(): void {
    this.#timer.cancel();
  }

  #next(): Timer {
    const { clock, random } = this.#options.host;
    return clock.after((BEAT_MS * (800 + random.below(401))) / 1000, () => {
      if (this.#quiet) this.#options.beat();
      this.#quiet = true;
      this.#timer = this.#next();
      if (!this.#deaf && ++this.#missed > MISSED) this.#options.expired();
    });
  }
}
