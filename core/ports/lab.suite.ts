import { expect } from 'vitest';
import type { Endpoint } from '../net/endpoint.ts';
import type { NetErrorCode } from '../net/error.ts';
import { isNetError } from '../net/error.ts';
import type { Clock, Host } from './index.ts';

/** Two hosts that reach each other, in any world. On a real machine both may be that machine. */
export interface Lab {
  readonly hosts: readonly [Host, Host];
  /** Where each host is reached by the other. Both may be the same. */
  readonly addresses: readonly [string, string];
  /** An endpoint that the first host has a route to and that never answers a SYN. */
  silent(): Promise<Endpoint>;
  /** Runs a test's body where the world's time passes. */
  run<T>(body: () => Promise<T>): Promise<T>;
  /** Ends the world. Rejects if a socket was left open. */
  close(): Promise<void>;
}

export type MakeLab = () => Promise<Lab>;

/** A test function that runs `body` in a lab of its own. */
export function inLab(makeLab: MakeLab, body: (lab: Lab) => Promise<void>): () => Promise<void> {
  return async () => {
    const lab = await makeLab();
    try {
      await lab.run(() => body(lab));
    } catch (error) {
      await lab.close().catch(() => {}); // what a failed test left open is no news
      throw error;
    }
    await lab.close();
  };
}

export async function expectNetError(code: NetErrorCode, operation: Promise<unknown>): Promise<void> {
  const error = await operation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(isNetError(error) ? error.code : error).toBe(code);
}

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

/** Long enough that what is on its way has arrived: two timers, with a turn of the event loop between them. */
export async function settle(clock: Clock): Promise<void> {
  await pause(clock, 50);
  await pause(clock, 1);
}
