import type { Host, Timer } from '../../ports/index.ts';

/** RFC 7675 section 5.1: a check about every 5 s, by a fifth more or less; consent lasts 30 s. */
const CHECK_MS = 5000;
const EXPIRY_MS = 30_000;
/** An answer that takes longer counts as lost, and the check is said again. */
const ANSWER_MS = 1000;
/** Where checks are seldom, consent is old before the first one: the peer has this long to answer one of several. */
const PATIENCE_MS = 10_000;
/** Checks in a row without an answer that are no accident. */
const SUSPECT_AFTER = 4;
/** The same where our own interfaces have changed since the last check. */
const SUSPECT_MOVED_AFTER = 2;

export interface ConsentOptions {
  readonly host: Pick<Host, 'clock' | 'random'>;
  /** How long a quiet path is left alone. */
  readonly keepAliveMs: () => number;
  /** Asks the peer, whose answer goes to {@link Consent.answered}. */
  ask(): void;
  /** Is the host elsewhere than it was? Then one check without an answer is enough for suspicion. */
  moved(): boolean;
  /** The peer has not answered for a while: the path may be gone. Called once until it answers again. */
  suspect(): void;
  /** Nothing may be sent to the peer any more. */
  expired(): void;
}

/**
 * Sees to it that the peer is still there and still wants what we send (consent freshness, RFC 7675), and keeps the
 * mappings of NATs alive. Somebody who only seems to be the peer, by its address, has no key to answer with.
 */
export class Consent {
  readonly #options: ConsentOptions;
  #timer: Timer;
  #answeredUs: number;
  /** When the first of the unanswered checks was sent. */
  #askedUs = 0;
  #unanswered = 0;
  #busy = false;
  /** Checks in a row without an answer that are no accident. */
  #patience = SUSPECT_AFTER;

  constructor(options: ConsentOptions) {
    this.#options = options;
    this.#answeredUs = options.host.clock.now();
    this.#timer = this.#next();
  }

  /** Something was sent: whoever sends has to ask more often than who only wants to be reachable. */
  sent(): void {
    if (this.#busy) return;
    this.#busy = true;
    if (this.#unanswered > 0) return;
    this.#timer.cancel();
    this.#timer = this.#next();
  }

  answered(): void {
    this.#answeredUs = this.#options.host.clock.now();
    this.#unanswered = 0;
  }

  stop(): void {
    this.#timer.cancel();
  }

  #next(): Timer {
    const { host } = this.#options;
    const keepAliveMs = this.#options.keepAliveMs();
    const intervalMs = this.#busy ? Math.min(CHECK_MS, keepAliveMs) : keepAliveMs;
    return host.clock.after((intervalMs * (800 + host.random.below(401))) / 1000, () => {
      this.#busy = false;
      this.#ask();
    });
  }

  #ask(): void {
    if (this.#unanswered === 0) {
      this.#askedUs = this.#options.host.clock.now();
      this.#patience = this.#options.moved() ? SUSPECT_MOVED_AFTER : SUSPECT_AFTER;
    }
    this.#unanswered++;
    this.#options.ask();
    this.#timer = this.#options.host.clock.after(ANSWER_MS, () => this.#review());
    if (this.#unanswered === this.#patience) this.#options.suspect();
  }

  #review(): void {
    const overUs = Math.max(this.#answeredUs + EXPIRY_MS * 1000, this.#askedUs + PATIENCE_MS * 1000);
    if (this.#unanswered === 0) this.#timer = this.#next();
    else if (this.#options.host.clock.now() >= overUs) this.#options.expired();
    else this.#ask();
  }
}
