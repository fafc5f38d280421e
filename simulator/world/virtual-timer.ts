import type { VirtualGlobals } from './current.ts';
import type { Scheduler } from './scheduler.ts';

type Callback = (...args: unknown[]) => void;

/** Like Node's `TIMEOUT_MAX`: what lies beyond fires after 1 ms. */
const LONGEST_MS = 2 ** 31 - 1;

/** What `setTimeout` and `setInterval` return in a world: everything that a Node timer can do, on virtual time. */
export class VirtualTimer implements Disposable {
  readonly #world: VirtualGlobals;
  readonly #scheduler: Scheduler;
  readonly #callback: Callback;
  readonly #args: unknown[];
  readonly #delayUs: number;
  readonly #repeats: boolean;
  #referenced = true;
  #cleared = false;
  /** When it fires; Infinity: it does not. */
  #dueUs = Number.POSITIVE_INFINITY;
  /** When its event in the queue is due; Infinity: there is none. */
  #queuedUs = Number.POSITIVE_INFINITY;
  #number: number | undefined;

  constructor(world: VirtualGlobals, callback: Callback, delay: unknown, args: unknown[], repeats: boolean) {
    const delayMs = Number(delay ?? 1);
    this.#world = world;
    this.#scheduler = world.scheduler;
    this.#callback = callback;
    this.#args = args;
    this.#delayUs = (delayMs >= 1 && delayMs <= LONGEST_MS ? Math.trunc(delayMs) : 1) * 1000;
    this.#repeats = repeats;
    this.#arm();
  }

  /** A world ends when its main program does, so a reference keeps nothing alive; it is only remembered. */
  ref(): this {
    this.#referenced = true;
    return this;
  }

  unref(): this {
    this.#referenced = false;
    return this;
  }

  hasRef(): boolean {
    return this.#referenced;
  }

  refresh(): this {
    if (!this.#cleared) this.#arm();
    return this;
  }

  close(): this {
    this.#cleared = true;
    this.#dueUs = Number.POSITIVE_INFINITY;
    if (this.#number !== undefined) this.#world.numberedTimers.delete(this.#number);
    return this;
  }

  /** The number that stands for the timer where a program keeps one, for `clearTimeout(+timer)`. */
  [Symbol.toPrimitive](): number {
    if (this.#number === undefined) {
      this.#number = ++this.#world.lastTimerNumber;
      this.#world.numberedTimers.set(this.#number, this);
    }
    return this.#number;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** A timer that is refreshed often has one event in the queue all the same: it moves on when it comes up. */
  #arm(): void {
    this.#dueUs = this.#scheduler.now + this.#delayUs;
    if (this.#queuedUs <= this.#dueUs) return;
    this.#queuedUs = this.#dueUs;
    this.#scheduler.schedule(this.#delayUs, fire, this);
  }

  fire(): void {
    this.#queuedUs = Number.POSITIVE_INFINITY;
    const now = this.#scheduler.now;
    if (this.#dueUs > now) {
      if (this.#dueUs === Number.POSITIVE_INFINITY) return;
      this.#queuedUs = this.#dueUs;
      this.#scheduler.schedule(this.#dueUs - now, fire, this);
      return;
    }
    this.#dueUs = Number.POSITIVE_INFINITY;
    this.#callback(...this.#args);
    // Node starts the next interval after the callback, unless that one cleared it.
    if (this.#repeats && !this.#cleared) this.#arm();
  }
}

function fire(timer: VirtualTimer): void {
  timer.fire();
}

/** What `setImmediate` returns in a world: an event at the same instant, behind those that wait already. */
export class VirtualImmediate implements Disposable {
  #callback: Callback | undefined;
  readonly #args: unknown[];
  #referenced = true;

  constructor(scheduler: Scheduler, callback: Callback, args: unknown[]) {
    this.#callback = callback;
    this.#args = args;
    scheduler.schedule(0, fireImmediate, this);
  }

  ref(): this {
    this.#referenced = true;
    return this;
  }

  unref(): this {
    this.#referenced = false;
    return this;
  }

  hasRef(): boolean {
    return this.#referenced;
  }

  clear(): void {
    this.#callback = undefined;
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  fire(): void {
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.(...this.#args);
  }
}

function fireImmediate(immediate: VirtualImmediate): void {
  immediate.fire();
}
