import type { Clock, Timer } from '../ports/index.ts';

/** Once one broker is ready the others get this long to be so too. */
const GRACE_MS = 1000;

/** Says when a channel that is being opened may be used. */
export class OpeningGate {
  readonly opened: Promise<void>;
  readonly #clock: Clock;
  #resolve!: () => void;
  #grace: Timer | undefined;
  #isOpen = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.opened = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  open(): void {
    this.#isOpen = true;
    this.#grace?.cancel();
    this.#resolve();
  }

  openSoon(): void {
    if (!this.#isOpen) this.#grace ??= this.#clock.after(GRACE_MS, () => this.open());
  }
}
