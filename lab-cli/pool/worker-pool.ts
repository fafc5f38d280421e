import { type Assignment, HaltFlag, type Report } from './protocol.ts';
import { ReorderWindow } from './reorder-window.ts';

/** A thread, or what behaves like one, that speaks the protocol of `protocol.ts`. */
export interface PoolWorker {
  postMessage(assignment: Assignment): void;
  /** `message` with a report, `error` and `messageerror` with an error, and at last `exit` with a code. */
  // biome-ignore lint/suspicious/noExplicitAny: as Node's own emitters have it, threads among them
  on(event: string, listener: (...values: any[]) => void): unknown;
  /** Ends it at once, whatever it is doing. */
  terminate(): Promise<unknown>;
}

export interface PoolJob<T> {
  /** Units of work. */
  readonly size: number;
  readonly workers: number;
  /** Starts a worker; `halt` goes into its data. */
  start(halt: SharedArrayBuffer): PoolWorker;
  /** The value of a unit on which a worker died. */
  crashed(index: number, error: Error): T;
  /** Called in order of `index`, each once. */
  emit(index: number, value: T): void;
  /** Real time without a result after which a worker counts as dead. @default 300,000 */
  readonly patienceMs?: number;
}

/** Few enough that the last ones are shared out evenly, enough that a worker seldom waits for its next ones. */
const CHUNK = 16;
/** Chunks in flight and waiting, for each worker. */
const WINDOW_CHUNKS = 4;
const PATIENCE_MS = 300_000;
const START_PATIENCE_MS = 120_000;
/** Workers in a row that did not start, after which no further one is tried. */
const FAILED_STARTS = 3;

interface Slot {
  readonly worker: PoolWorker;
  ready: boolean;
  /** The unit it is on, and the end of its assignment; equal when it has nothing to do. */
  at: number;
  end: number;
  error: Error | undefined;
  /** When it last showed a sign of life. */
  aliveMs: number;
}

/**
 * Shares numbered units of work out to threads and gives the values on in order, whatever the number of threads. A
 * worker that dies costs the unit it was on; another takes its place. Once a worker has started, nothing that happens to
 * workers ends the run: where none will start any more, the units that are left have crashed, too.
 */
export class WorkerPool<T> {
  readonly #job: PoolJob<T>;
  readonly #window: ReorderWindow<T>;
  readonly #halt = new HaltFlag();
  readonly #slots = new Set<Slot>();
  readonly #chunk: number;
  /** What dead workers left undone. */
  readonly #returned: Assignment[] = [];
  readonly #patienceMs: number;
  #next = 0;
  #halting = false;
  /** Has any worker ever started? If not, something is wrong that every unit would meet. */
  #started = false;
  #failedStarts = 0;
  /** From here on nothing that a worker does counts: it is being terminated. */
  #over = false;
  #settle: { resolve(): void; reject(error: Error): void } | undefined;

  constructor(job: PoolJob<T>) {
    this.#job = job;
    this.#chunk = Math.max(1, Math.min(CHUNK, Math.floor(job.size / (4 * job.workers))));
    const capacity = this.#chunk * job.workers * WINDOW_CHUNKS;
    this.#window = new ReorderWindow(capacity, (index, value) => job.emit(index, value));
    this.#patienceMs = job.patienceMs ?? PATIENCE_MS;
  }

  /**
   * Does the work.
   *
   * @returns whether all of it is done; false after {@link halt} or {@link kill}
   * @throws if no worker has started, and one can't
   */
  async run(): Promise<boolean> {
    if (this.#job.size === 0) return true;
    const watch = setInterval(() => this.#killTheHung(), Math.min(1000, this.#patienceMs));
    try {
      await new Promise<void>((resolve, reject) => {
        this.#settle = { resolve, reject };
        const workers = Math.min(this.#job.workers, Math.ceil(this.#job.size / this.#chunk));
        for (let count = 0; count < workers; count++) this.#startWorker();
      });
    } finally {
      clearInterval(watch);
      this.#over = true;
      await Promise.all([...this.#slots].map(({ worker }) => worker.terminate()));
    }
    const complete = this.#window.next === this.#job.size;
    this.#window.flush();
    return complete;
  }

  /** Hands out nothing more and lets the units that run end. What is done is still given on. */
  halt(): void {
    this.#halting = true;
    this.#halt.raise();
    this.#finishIfIdle();
  }

  /** Ends at once. What is done is still given on. */
  kill(): void {
    this.#over = true;
    this.#settle?.resolve();
  }

  #startWorker(): void {
    const worker = this.#job.start(this.#halt.memory);
    const slot: Slot = { worker, ready: false, at: 0, end: 0, error: undefined, aliveMs: performance.now() };
    this.#slots.add(slot);
    worker.on('message', (report: Report<T>) => this.#hear(slot, report));
    worker.on('messageerror', (error) => this.#condemn(slot, error));
    worker.on('error', (error: unknown) => (slot.error ??= error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => this.#bury(slot, slot.error ?? new Error(`worker exited with code ${code}`)));
  }

  #hear(slot: Slot, report: Report<T>): void {
    if (this.#over) return;
    slot.aliveMs = performance.now();
    if (report.kind === 'ready') {
      slot.ready = true;
      this.#started = true;
      this.#failedStarts = 0;
    } else if (report.kind === 'halted') slot.end = slot.at;
    else {
      slot.at++;
      this.#put(report.index, report.value);
    }
    this.#handOut();
  }

  #handOut(): void {
    for (const slot of this.#slots) {
      if (!slot.ready || slot.at < slot.end) continue;
      const assignment = this.#halting ? undefined : this.#take();
      if (!assignment) break;
      slot.at = assignment.first;
      slot.end = assignment.end;
      slot.aliveMs = performance.now();
      slot.worker.postMessage(assignment);
    }
    this.#finishIfIdle();
  }

  /** What dead workers left comes first: everything else waits for it in the window. */
  #take(): Assignment | undefined {
    const returned = this.#returned.shift();
    if (returned) return returned;
    const end = Math.min(this.#next + this.#chunk, this.#job.size);
    if (this.#next === end || !this.#window.admits(end)) return undefined;
    const first = this.#next;
    this.#next = end;
    return { first, end };
  }

  #finishIfIdle(): void {
    const busy = [...this.#slots].some(({ at, end }) => at < end);
    if (this.#window.next === this.#job.size || (this.#halting && !busy)) this.#settle?.resolve();
  }

  #condemn(slot: Slot, error: Error): void {
    slot.error ??= error;
    void slot.worker.terminate();
  }

  #bury(slot: Slot, error: Error): void {
    this.#slots.delete(slot);
    if (this.#over) return;
    if (!slot.ready && !this.#started && !this.#halting) {
      this.#settle?.reject(error);
      return;
    }
    if (!slot.ready) this.#failedStarts++;
    if (slot.at < slot.end) {
      const index = slot.at++;
      this.#put(index, this.#job.crashed(index, error));
      if (slot.at < slot.end) this.#returned.push({ first: slot.at, end: slot.end });
    }
    const workLeft = this.#returned.length > 0 || this.#next < this.#job.size;
    if (!this.#halting && workLeft) {
      if (this.#failedStarts < FAILED_STARTS) this.#startWorker();
      else if (this.#slots.size === 0) this.#giveUp(error);
    }
    this.#handOut();
  }

  /** Nobody is there to do what is left. */
  #giveUp(error: Error): void {
    this.#returned.sort((one, other) => one.first - other.first).push({ first: this.#next, end: this.#job.size });
    this.#next = this.#job.size;
    for (const { first, end } of this.#returned.splice(0)) {
      for (let index = first; index < end; index++) this.#put(index, this.#job.crashed(index, error));
    }
  }

  /** What `emit` throws, a full disk for one, ends the run. */
  #put(index: number, value: T): void {
    try {
      this.#window.put(index, value);
    } catch (error) {
      this.#settle?.reject(error as Error);
    }
  }

  #killTheHung(): void {
    const now = performance.now();
    for (const slot of this.#slots) {
      const idle = slot.ready && slot.at === slot.end;
      const patienceMs = slot.ready ? this.#patienceMs : START_PATIENCE_MS;
      if (idle || now - slot.aliveMs < patienceMs) continue;
      this.#condemn(slot, new Error(`no sign of life for ${patienceMs / 1000} s of real time`));
    }
  }
}
