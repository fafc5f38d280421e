import type { Random } from '../../core/ports/index.ts';
import type { Device, Observer } from '../trace/observer.ts';
import { Trace } from '../trace/trace.ts';
import { AddressTable } from './address-table.ts';
import { CrashGuard } from './crash-guard.ts';
import { setCurrent, type VirtualGlobals } from './current.ts';
import { type Driven, drive, type Settling } from './drain.ts';
import { globalsInstalled } from './globals.ts';
import { SeededRandom } from './random.ts';
import { Scheduler } from './scheduler.ts';

/** Unix time at the start of every world: 2030-01-01T00:00:00Z, in milliseconds. */
export const EPOCH_MS = 1_893_456_000_000;

export interface WorldOptions {
  /** Everything random in the world derives from it. */
  readonly seed: string;
  /** Hear of every event besides the hash and the counters, which are always on. */
  readonly observers?: readonly Observer[];
  /** @default 'tick', with 'immediate' as its fallback */
  readonly settling?: Settling;
}

export interface RunLimits {
  /** Virtual microseconds. @default one hour */
  readonly limitUs?: number;
  /** @default 50 million */
  readonly maxEvents?: number;
}

/**
 * How a run ended. `done`: main returned. `deadline`: its virtual time was over. `limit`: it had its number of events.
 * `stalled`: nothing was left to happen and main had not returned. `crashed`: something threw, or a promise was
 * rejected and nobody cared.
 */
export type Outcome<T> =
  | { readonly outcome: 'done'; readonly value: T }
  | { readonly outcome: 'deadline' | 'limit' | 'stalled' }
  | { readonly outcome: 'crashed'; readonly error: unknown };

/** Something of a world that may hold on to resources. */
export interface Resident {
  /** What is open now, by kind. */
  audit(): Readonly<Record<string, number>>;
  /** Drops everything at once, without a word to anybody. */
  close(): void;
}

/**
 * One deterministic universe: virtual time, seeded randomness, a network, and programs that run in it. It runs once;
 * afterwards it is closed, and whatever still waits in it never happens.
 */
export class World {
  readonly scheduler = new Scheduler();
  readonly addresses = new AddressTable();
  readonly random: Random;
  readonly trace: Trace;
  readonly #settling: Settling;
  readonly #globals: VirtualGlobals;
  readonly #devices = new Map<string, Device>();
  readonly #residents: Resident[] = [];
  #packets = 0;
  #run: Run<unknown> | undefined;

  constructor(options: WorldOptions) {
    this.random = SeededRandom.fromText(options.seed);
    this.trace = new Trace(this.scheduler, this.addresses);
    for (const observer of options.observers ?? []) this.trace.observe(observer);
    this.#settling = options.settling ?? 'tick';
    const { scheduler } = this;
    this.#globals = {
      scheduler,
      dice: this.random.fork('Math.random'),
      entropy: this.random.fork('node:crypto'),
      numberedTimers: new Map(),
      lastTimerNumber: 0,
      globalsUsed: new Map(),
      wallMs: () => EPOCH_MS + Math.floor(scheduler.now / 1000),
      crash: (error) => this.#run?.crash(error),
    };
  }

  /** Virtual time in integer microseconds. */
  get now(): number {
    return this.scheduler.now;
  }

  /** How often third-party code used each patched global; empty where only our own code ran, which uses none. */
  get globalsUsed(): ReadonlyMap<string, number> {
    return this.#globals.globalsUsed;
  }

  /** Names a machine for the trace. @throws Error if the name is taken */
  device(name: string): Device {
    if (this.#devices.has(name)) throw new Error(`there are two devices called ${name}`);
    const device: Device = { name, index: this.#devices.size };
    this.#devices.set(name, device);
    return device;
  }

  nextPacketId(): number {
    return ++this.#packets;
  }

  /** From now on the world audits and closes it. */
  adopt(resident: Resident): void {
    this.#residents.push(resident);
  }

  /** What is open or waits now, by kind; everything is 0 in a closed world. */
  audit(): Record<string, number> {
    const sum: Record<string, number> = { events: this.scheduler.pending };
    for (const resident of this.#residents) {
      for (const [kind, count] of Object.entries(resident.audit())) sum[kind] = (sum[kind] ?? 0) + count;
    }
    return sum;
  }

  /**
   * Runs the world until `main` returns or a limit is reached, then closes it.
   *
   * @throws Error if it has run already, or before `installGlobals`
   */
  async run<T>(main: () => Promise<T>, limits: RunLimits = {}): Promise<Outcome<T>> {
    if (!globalsInstalled()) throw new Error('installGlobals() must come before a world runs');
    if (this.#run) throw new Error('a world runs only once');
    const run = new Run(this.scheduler, this.#globals, main, limits);
    this.#run = run;
    await drive(run, this.#settling);
    for (const resident of this.#residents) resident.close();
    this.scheduler.close();
    return run.result!;
  }
}

/** A world's one run, event by event. */
class Run<T> implements Driven {
  result: Outcome<T> | undefined;
  readonly #scheduler: Scheduler;
  readonly #globals: VirtualGlobals;
  readonly #main: () => Promise<T>;
  readonly #limitUs: number;
  readonly #maxEvents: number;
  readonly #guard = new CrashGuard((error) => this.crash(error));
  #started = false;
  #outside: VirtualGlobals | undefined;

  constructor(scheduler: Scheduler, globals: VirtualGlobals, main: () => Promise<T>, limits: RunLimits) {
    this.#scheduler = scheduler;
    this.#globals = globals;
    this.#main = main;
    this.#limitUs = limits.limitUs ?? 3_600_000_000;
    this.#maxEvents = limits.maxEvents ?? 50_000_000;
  }

  enter(): void {
    this.#guard.enter();
    this.#outside = setCurrent(this.#globals);
  }

  leave(): void {
    setCurrent(this.#outside);
    this.#guard.leave();
  }

  step(): boolean {
    if (this.result) return false;
    if (!this.#started) this.#start();
    else if (this.#scheduler.pending === 0) this.result = { outcome: 'stalled' };
    else if (this.#scheduler.nextTime > this.#limitUs) this.result = { outcome: 'deadline' };
    else if (this.#scheduler.executed >= this.#maxEvents) this.result = { outcome: 'limit' };
    else this.#scheduler.step();
    return true;
  }

  crash(error: unknown): void {
    // An error that came with the end must be seen; of several the first.
    if (this.result?.outcome !== 'crashed') this.result = { outcome: 'crashed', error };
  }

  #start(): void {
    this.#started = true;
    this.#main().then(
      (value) => {
        this.result ??= { outcome: 'done', value };
      },
      (error: unknown) => this.crash(error),
    );
  }
}
