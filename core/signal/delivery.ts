import type { Clock, Timer } from '../ports/index.ts';
import type { BrokerLink } from './broker-link.ts';
import { SignalError } from './signal-error.ts';

/** One message on its way to a broker, any broker. It is published again, byte for byte, until one has it. */
export class Delivery {
  /** Settles when a broker has the message, or the time is over. */
  readonly done: Promise<void>;
  readonly #topic: string;
  readonly #payload: Buffer;
  readonly #timer: Timer;
  #resolve!: () => void;
  #reject!: (error: Error) => void;
  #underway = 0;
  #over = false;
  #published = false;

  constructor(clock: Clock, topic: string, payload: Buffer, timeoutMs: number) {
    this.#topic = topic;
    this.#payload = payload;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timer = clock.after(timeoutMs, () => {
      this.fail(new SignalError('timeout', `no broker took the message within ${timeoutMs} ms`));
    });
  }

  /** Does it wait for a broker to be there? */
  get isIdle(): boolean {
    return this.#underway === 0 && !this.#over;
  }

  /** Was it handed to a broker at least once? */
  get wasPublished(): boolean {
    return this.#published;
  }

  /** @param failed called when this publication failed and no other is under way */
  publish(links: readonly BrokerLink[], failed: () => void): void {
    for (const link of links) {
      this.#published = true;
      this.#underway++;
      link.publish(this.#topic, this.#payload, (error) => {
        this.#underway--;
        if (!error) this.#finish(this.#resolve);
        else if (this.isIdle) failed();
      });
    }
  }

  fail(error: Error): void {
    this.#finish(() => this.#reject(error));
  }

  #finish(settle: () => void): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer.cancel();
    settle();
  }
}
