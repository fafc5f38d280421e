import type { Random } from '../../core/ports/index.ts';
import type { Device, Observer } from '../trace/observer.ts';
import { Trace } from '../trace/trace.ts';
import { AddressTable } from './address-table.ts';
import type { VirtualGlobals } from './current.ts';
import { drive, type Settling } from './drain.ts';
import { globalsInstalled } from './globals.ts';
import { SeededRandom } from './random.ts';
import { type Outcome, Run, type RunLimits } from './run.ts';
import { Scheduler } from './scheduler.ts';

/** Unix time at the start of every world: 2030-01-01T00:00:00Z, in milliseconds. */
export const EPOCH_MS = 1_893_456_000_000;

export interface WorldOptions {
  /** Everything random in the world derives from it. */
  readonly seed: string;
  /** Hear of every event besides the hash and the counters, which are always on. @default nobody */
  readonly observers?: readonly Observer[];
  /** @default 'tick', with 'immediate' as its fallback */
  readonly settling?: Settling;
}

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
