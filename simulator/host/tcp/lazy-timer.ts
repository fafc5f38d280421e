import type { Scheduler } from '../../world/scheduler.ts';

/**
 * A timer for what is set and cleared with nearly every segment. It leaves its event in the queue when it is cleared
 * or put off, and looks again when that comes up, so a busy connection costs an event a timeout and not one a segment.
 */
export class LazyTimer {
  readonly #scheduler: Scheduler;
  readonly #task: () => void;
  #dueUs = Number.POSITIVE_INFINITY;
  /** When the event that counts comes up; events of older generations are void. */
  #wakeUs = Number.POSITIVE_INFINITY;
  #generation = 0;

  constructor(scheduler: Scheduler, task: () => void) {
    this.#scheduler = scheduler;
    this.#task = task;
  }

  get armed(): boolean {
    return this.#dueUs !== Number.POSITIVE_INFINITY;
  }

  /** Runs the task after `delayUs`, an integer, instead of when it was due before. */
  set(delayUs: number): void {
    this.#dueUs = this.#scheduler.now + delayUs;
    if (this.#dueUs < this.#wakeUs) this.#schedule();
  }

  clear(): void {
    this.#dueUs = Number.POSITIVE_INFINITY;
  }

  #schedule(): void {
    this.#wakeUs = this.#dueUs;
    this.#scheduler.schedule(this.#dueUs - this.#scheduler.now, wake, this, ++this.#generation);
  }

  wake(generation: number): void {
    if (generation !== this.#generation) return;
    this.#wakeUs = Number.POSITIVE_INFINITY;
    if (!this.armed) return;
    if (this.#dueUs > this.#scheduler.now) {
      this.#schedule();
    } else {
      this.clear();
      this.#task();
    }
  }
}

function wake(timer: LazyTimer, generation: number): void {
  timer.wake(generation);
}
