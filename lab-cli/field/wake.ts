import type { Clock } from '../../core/ports/index.ts';

/** Sleep that something may end before its time. */
export class Wake {
  readonly #clock: Clock;
  #waking: (() => void) | undefined;
  #called = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the sleep, or the next one before it begins. */
  call(): void {
    if (this.#waking) this.#waking();
    else this.#called = true;
  }

  /** @throws the signal's reason */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#called) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.after(ms, resolve);
        this.#waking = () => {
          timer.cancel();
          resolve();
        };
        signal.addEventListener('abort', this.#waking, { once: true });
      });
      signal.removeEventListener('abort', this.#waking!);
    }
    this.#called = false;
    this.#waking = undefined;
    signal.throwIfAborted();
  }
}
