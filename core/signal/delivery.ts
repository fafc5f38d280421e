import type { Host, Timer } from '../ports/index.ts';
import type { BrokerLink } from './broker-link.ts';
import { SignalError } from './signal-error.ts';

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 8000;
/** A receiver that is heard while its receipt is missing gets the message again, if it has had so long to answer. */
const HEARD_RETRY_US = 500_000;

export interface DeliveryOptions {
  readonly topic: string;
  readonly payload: Buffer;
  readonly timeoutMs: number;
  /** Who must have the message for it to be done. */
  readonly until: 'broker' | 'receiver';
  /** Where to publish, given how often it was published before; none: nowhere as yet. */
  readonly route: (attempt: number) => readonly BrokerLink[];
}

/** One message on its way. It is published again, byte for byte, until the receiver says that it has it. */
export class Delivery {
  /** Settles when the message is where it is to be, or the time is over. */
  readonly done: Promise<void>;
  readonly #host: Pick<Host, 'clock' | 'random'>;
  readonly #options: DeliveryOptions;
  readonly #deadline: Timer;
  #retry: Timer | undefined;
  #resolve!: () => void;
  #reject!: (error: Error) => void;
  #attempts = 0;
  #publishedUs = 0;
  #underway = 0;
  #over = false;
  #handedOver = false;

  constructor(host: Pick<Host, 'clock' | 'random'>, options: DeliveryOptions) {
    this.#host = host;
    this.#options = options;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#deadline = host.clock.after(options.timeoutMs, () => this.fail(this.#timeout()));
  }

  /** Does it wait for a broker to be there? */
  get isIdle(): boolean {
    return this.#underway === 0 && !this.#retry && !this.#over;
  }

  /** Was it handed to a broker at least once? */
  get wasPublished(): boolean {
    return this.#attempts > 0;
  }

  publish(): void {
    if (this.#over) return;
    this.#retry?.cancel();
    this.#retry = undefined;
    const links = this.#options.route(this.#attempts);
    if (links.length === 0) return;
    this.#attempts++;
    this.#publishedUs = this.#host.clock.now();
    this.#underway += links.length;
    for (const link of links) {
      link.publish(this.#options.topic, this.#options.payload, (error) => this.#published(error));
    }
  }

  /** The receiver is there, perhaps again: what did not reach it is not to wait for its turn. */
  heard(): void {
    const waits = this.#retry !== undefined && this.#attempts > 1;
    if (waits && this.#host.clock.now() - this.#publishedUs >= HEARD_RETRY_US) this.publish();
  }

  /** The receiver has it. */
  acknowledge(): void {
    this.#finish(this.#resolve);
  }

  fail(error: Error): void {
    this.#finish(() => this.#reject(error));
  }

  #published(error: Error | undefined): void {
    this.#underway--;
    if (this.#over) return;
    if (!error) {
      this.#handedOver = true;
      if (this.#options.until === 'broker') this.#finish(this.#resolve);
      else this.#retry ??= this.#host.clock.after(this.#retryMs(), () => this.publish());
    } else if (this.isIdle) this.publish();
  }

  /** Doubles, give or take a quarter, so that what failed together is not tried again together. */
  #retryMs(): number {
    const baseMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#attempts - 1));
    return baseMs * 0.75 + this.#host.random.below(baseMs / 2 + 1);
  }

  #timeout(): SignalError {
    const { timeoutMs } = this.#options;
    return this.#handedOver
      ? new SignalError('unacknowledged', `a broker took the message, but the receiver did not within ${timeoutMs} ms`)
      : new SignalError('timeout', `no broker took the message within ${timeoutMs} ms`);
  }

  #finish(settle: () => void): void {
    if (this.#over) return;
    this.#over = true;
    this.#deadline.cancel();
    this.#retry?.cancel();
    settle();
  }
}
