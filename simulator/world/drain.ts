import timers from 'node:timers';

/**
 * How everything that an event set off (promises, `process.nextTick`) is brought to rest before time moves on.
 *
 * `tick` calls the runtime's own drain, `process._tickCallback`: undocumented, but in every Node from 20 to 26, and 32 ns
 * when nothing waits. `immediate` runs each event as a macrotask of its own, so that the runtime drains after it by
 * itself: slower by a factor of 50, needs nothing undocumented, and yields the same order.
 */
export type Settling = 'tick' | 'immediate';

export interface Driven {
  /** Called before events run and after they have settled: between the two, and only there, the world is current. */
  enter(): void;
  leave(): void;
  /** Runs one event. False: it is over. */
  step(): boolean;
  /** An exception that escaped from `step` or from what it set off. */
  crash(error: unknown): void;
}

// Taken at load: the import itself follows what the globals shim does to the module.
const realSetImmediate = timers.setImmediate;

/** Events per macrotask: the process stays responsive, and the hop between two slices costs nothing measurable. */
const SLICE = 16_384;

const runtimeDrain: unknown = Reflect.get(process, '_tickCallback');
let proven: boolean | undefined;

/**
 * Drives `driven` to its end. It starts in a macrotask, because a drain inside a microtask is a silent no-op.
 *
 * @param settling `tick` falls back to `immediate` where the runtime fails the self-test
 */
export function drive(driven: Driven, settling: Settling): Promise<void> {
  return new Promise((resolve) => {
    realSetImmediate(() => {
      const settle = settling === 'tick' ? provenDrain() : undefined;
      if (settle) tickSlice(driven, settle, resolve);
      else immediateStep(driven, resolve);
    });
  });
}

function provenDrain(): (() => void) | undefined {
  if (typeof runtimeDrain !== 'function') return undefined;
  proven ??= drains(runtimeDrain as () => void);
  return proven ? (runtimeDrain as () => void) : undefined;
}

/** The self-test: does `settle`, called here and now, run promises that set off ticks that set off promises? */
export function drains(settle: () => void): boolean {
  let reached = false;
  const last = (): void => {
    reached = true;
  };
  void Promise.resolve().then(() => process.nextTick(() => void Promise.resolve().then(last)));
  settle();
  return reached;
}

function tickSlice(driven: Driven, settle: () => void, done: () => void): void {
  settle(); // Whatever foreign code has queued must not run as part of the world.
  driven.enter();
  let more = true;
  for (let left = SLICE; more && left > 0; left--) {
    try {
      more = driven.step();
      settle();
    } catch (error) {
      driven.crash(error);
    }
  }
  driven.leave();
  if (more) realSetImmediate(() => tickSlice(driven, settle, done));
  else done();
}

/**
 * Two neighbours in the immediate queue: the runtime settles between them and runs nothing foreign there. The event
 * runs in the first callback itself; awaiting a hop instead would swap ticks and promises.
 */
function immediateStep(driven: Driven, done: () => void): void {
  let more = true;
  realSetImmediate(() => {
    driven.enter();
    try {
      more = driven.step();
    } catch (error) {
      driven.crash(error);
    }
  });
  realSetImmediate(() => {
    driven.leave();
    if (more) immediateStep(driven, done);
    else done();
  });
}
