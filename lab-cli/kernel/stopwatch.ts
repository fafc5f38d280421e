/** Parts of a trial, in the order in which they happen. */
export const PHASES = ['network', 'servers', 'discovery', 'dial', 'proof', 'closing', 'counting'] as const;

export type Phase = (typeof PHASES)[number];

/** What a trial spent its real time on, in milliseconds. A part that it never came to is not there. */
export type Took = { readonly [phase in Phase]?: number };

/** Splits a stretch of time into parts that follow each other. */
export class Stopwatch {
  readonly #took: { [phase in Phase]?: number } = {};
  #lastMs = performance.now();

  /** Everything since the last call, or since the start, was this part. */
  lap(phase: Phase): void {
    const nowMs = performance.now();
    this.#took[phase] = (this.#took[phase] ?? 0) + nowMs - this.#lastMs;
    this.#lastMs = nowMs;
  }

  get took(): Took {
    return this.#took;
  }
}
