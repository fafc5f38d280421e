import type { Clock, Timer } from '../../ports/index.ts';
import type { LinkPath } from './link-path.ts';

/** How long what comes by a new path waits for what is still under way on the old one. */
const DRAIN_MS = 500;
/** Messages that may wait so: beyond, order is given up rather than memory. */
const MAX_HELD = 1024;

/** Keeps what the peer sends by a new path while older messages are under way on the old one. */
export class HeldMessages {
  readonly #clock: Clock;
  readonly #deliver: (message: Uint8Array) => void;
  #old: LinkPath | undefined;
  #messages: Uint8Array[] = [];
  #timer: Timer | undefined;

  constructor(clock: Clock, deliver: (message: Uint8Array) => void) {
    this.#clock = clock;
    this.#deliver = deliver;
  }

  /** What comes by other paths than this one waits from now on. */
  waitFor(old: LinkPath): void {
    this.release();
    if (old.peerMoved || old.isClosed) return;
    this.#old = old;
    this.#timer = this.#clock.after(DRAIN_MS, () => this.release());
  }

  /** In order, as far as that can be. */
  take(path: LinkPath, message: Uint8Array): void {
    if (!this.#old || path === this.#old) {
      this.#deliver(message);
      return;
    }
    this.#messages.push(message);
    if (this.#messages.length >= MAX_HELD) this.release();
  }

  /** Nothing more comes by this path. */
  ended(path: LinkPath): void {
    if (this.#old === path) this.release();
  }

  release(): void {
    const messages = this.#messages;
    this.#messages = [];
    this.#old = undefined;
    this.#timer?.cancel();
    for (const message of messages) this.#deliver(message);
  }
}
