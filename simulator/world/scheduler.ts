import type { Timer } from '../../core/ports/index.ts';

type Task = (a: unknown, b: unknown) => void;

const INITIAL_CAPACITY = 256;

/**
 * The event queue: a 4-ary heap over typed arrays, ordered by (time, sequence) and by nothing else. Time and sequence
 * are kept apart, since one packed number would lose order once virtual time is large. What an event does stays in one
 * slot while its place in the heap moves: only numbers are copied.
 */
export class Scheduler {
  /** Virtual time in integer microseconds. */
  now = 0;
  /** Events that have run. */
  executed = 0;
  #times = new Float64Array(INITIAL_CAPACITY);
  #sequences = new Float64Array(INITIAL_CAPACITY);
  /** By place in the heap: the event's slot. Beyond the heap's end: the slots that are free. */
  #slots = Uint32Array.from({ length: INITIAL_CAPACITY }, (_, slot) => slot);
  readonly #tasks: (Task | undefined)[] = new Array(INITIAL_CAPACITY);
  readonly #firsts: unknown[] = new Array(INITIAL_CAPACITY);
  readonly #seconds: unknown[] = new Array(INITIAL_CAPACITY);
  #size = 0;
  #sequence = 0;
  #closed = false;

  /** Events that wait, cancelled timers included. */
  get pending(): number {
    return this.#size;
  }

  /** When the next event is due; Infinity if there is none. */
  get nextTime(): number {
    return this.#size > 0 ? this.#times[0]! : Number.POSITIVE_INFINITY;
  }

  /** Runs `task(a, b)` after `delayUs` (an integer, 0 or more). */
  schedule<A = undefined, B = undefined>(delayUs: number, task: (a: A, b: B) => void, a?: A, b?: B): void {
    if (this.#closed) return;
    if (this.#size === this.#times.length) this.#grow();
    const time = this.now + delayUs;
    const times = this.#times;
    let hole = this.#size++;
    const slot = this.#slots[hole]!;
    this.#tasks[slot] = task as Task;
    this.#firsts[slot] = a;
    this.#seconds[slot] = b;
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
      if (times[parent]! <= time) break;
      this.#move(parent, hole);
      hole = parent;
    }
    times[hole] = time;
    this.#sequences[hole] = this.#sequence++;
    this.#slots[hole] = slot;
  }

  /** The same as a timer that can be cancelled. */
  timer(delayUs: number, task: () => void): Timer {
    const timer = new ScheduledTimer(task);
    this.schedule(delayUs, fire, timer);
    return timer;
  }

  /** Takes the earliest event, moves time to it and runs it. There must be one. */
  step(): void {
    this.now = this.#times[0]!;
    const slot = this.#slots[0]!;
    const task = this.#tasks[slot]!;
    const a = this.#firsts[slot];
    const b = this.#seconds[slot];
    this.#tasks[slot] = undefined;
    this.#firsts[slot] = undefined;
    this.#seconds[slot] = undefined;
    const last = --this.#size;
    if (last > 0) this.#sink(last);
    this.#slots[last] = slot;
    this.executed++;
    task(a, b);
  }

  /** Forgets every event. */
  clear(): void {
    this.#tasks.fill(undefined);
    this.#firsts.fill(undefined);
    this.#seconds.fill(undefined);
    this.#size = 0;
  }

  /** Forgets every event, and takes none any more. */
  close(): void {
    this.clear();
    this.#closed = true;
  }

  /** Puts the entry at `from` where the root's hole ends up. */
  #sink(from: number): void {
    const times = this.#times;
    const sequences = this.#sequences;
    const time = times[from]!;
    const sequence = sequences[from]!;
    let hole = 0;
    for (;;) {
      const first = 4 * hole + 1;
      if (first >= from) break;
      const end = Math.min(first + 4, from);
      let least = first;
      for (let child = first + 1; child < end; child++) {
        const earlier = times[child]! - times[least]!;
        if (earlier < 0 || (earlier === 0 && sequences[child]! < sequences[least]!)) least = child;
      }
      if (time < times[least]! || (time === times[least]! && sequence < sequences[least]!)) break;
      this.#move(least, hole);
      hole = least;
    }
    this.#move(from, hole);
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from]!;
    this.#sequences[to] = this.#sequences[from]!;
    this.#slots[to] = this.#slots[from]!;
  }

  #grow(): void {
    const capacity = this.#times.length * 2;
    const times = new Float64Array(capacity);
    times.set(this.#times);
    const sequences = new Float64Array(capacity);
    sequences.set(this.#sequences);
    const slots = Uint32Array.from({ length: capacity }, (_, slot) => slot);
    slots.set(this.#slots);
    this.#times = times;
    this.#sequences = sequences;
    this.#slots = slots;
    this.#tasks.length = capacity;
    this.#firsts.length = capacity;
    this.#seconds.length = capacity;
  }
}

class ScheduledTimer implements Timer {
  #task: (() => void) | undefined;

  constructor(task: () => void) {
    this.#task = task;
  }

  cancel(): void {
    this.#task = undefined;
  }

  run(): void {
    const task = this.#task;
    this.#task = undefined;
    task?.();
  }
}

function fire(timer: ScheduledTimer): void {
  timer.run();
}
