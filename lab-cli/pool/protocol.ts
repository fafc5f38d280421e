/** To a worker: do the units `first` to `end` - 1, in order. It gets the next ones when it has done these. */
export interface Assignment {
  readonly first: number;
  readonly end: number;
}

/** From a worker. `halted`: it saw the halt flag and leaves the rest of its assignment undone. */
export type Report<T> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly index: number; readonly value: T }
  | { readonly kind: 'halted' };

/** A cell of shared memory that tells every worker to stop after the unit it is on. */
export class HaltFlag {
  readonly memory: SharedArrayBuffer;

  constructor(memory = new SharedArrayBuffer(4)) {
    this.memory = memory;
  }

  raise(): void {
    Atomics.store(new Int32Array(this.memory), 0, 1);
  }

  get raised(): boolean {
    return Atomics.load(new Int32Array(this.memory), 0) === 1;
  }
}
