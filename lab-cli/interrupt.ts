/** What a person or a service manager ends a command with. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export interface Interrupt {
  /** Fires with the first signal. A second one ends the process as if nobody listened. */
  readonly signal: AbortSignal;
  /** 128 and the signal's number, as shells have it; 130 before any came. */
  readonly exitCode: number;
  /** Listens no longer. */
  release(): void;
}

/** Turns the signals that ask a process to end into an abort, so that it can end in good order. */
export function abortOnSignals(): Interrupt {
  const controller = new AbortController();
  let exitCode = 130;
  const release = () => {
    for (const [name, listener] of listeners) process.off(name, listener);
  };
  const listeners = Object.entries(SIGNALS).map(([name, code]) => {
    const listener = () => {
      exitCode = code;
      release();
      controller.abort(new Error(`${name} came`));
    };
    process.on(name, listener);
    return [name, listener] as const;
  });
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    release,
  };
}
