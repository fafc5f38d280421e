import type { Random } from '../../core/ports/index.ts';
import type { Scheduler } from './scheduler.ts';

/** What the patched globals draw on while a world runs. */
export interface VirtualGlobals {
  readonly scheduler: Scheduler;
  /** For `Math.random`. */
  readonly dice: Random;
  /** For the random functions of `node:crypto`: apart from `dice`, since a library may draw entropy only to blind. */
  readonly entropy: Random;
  /** Timers whose number a program has asked for. */
  readonly numberedTimers: Map<number, { close(): unknown }>;
  lastTimerNumber: number;
  /** Calls of patched globals by name. Our own code makes none. */
  readonly globalsUsed: Map<string, number>;
  /** Unix time in integer milliseconds. */
  wallMs(): number;
  /** Takes an exception that nobody caught. */
  crash(error: unknown): void;
}

/** The world whose loop is running right now. While there is none the patched globals are the real ones. */
export let current: VirtualGlobals | undefined;

/** @returns the one that was current */
export function setCurrent(next: VirtualGlobals | undefined): VirtualGlobals | undefined {
  const previous = current;
  current = next;
  return previous;
}
