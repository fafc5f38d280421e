import { closeSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { isAlive } from '../is-alive.ts';
import { InputError } from '../scenario/problem.ts';

const BEAT_MS = 5000;
/** What was not touched for so long belongs to nobody: another process may have the number by now. */
const STALE_MS = 4 * BEAT_MS;

/** Keeps others out of a directory: two that write one journal would ruin it. Whoever is killed keeps nobody out. */
export class DirectoryLock {
  readonly #file: string;
  readonly #beat: NodeJS.Timeout;

  /** @throws InputError if a process has it */
  constructor(file: string) {
    this.#file = file;
    if (!create(file)) {
      const pid = holder(file);
      if (pid !== undefined) {
        const wait = STALE_MS / 1000;
        throw new InputError(
          `process ${pid} measures into this directory (${file}): stop it, or wait ${wait} s if it was killed`,
        );
      }
      rmSync(file, { force: true });
      if (!create(file)) throw new InputError(`another process takes ${file} at this moment: try again`);
    }
    this.#beat = setInterval(() => touch(file), BEAT_MS);
    this.#beat.unref();
  }

  release(): void {
    clearInterval(this.#beat);
    rmSync(this.#file, { force: true });
  }
}

/** @returns whether it was not there before */
function create(file: string): boolean {
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, `${process.pid}\n`);
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function holder(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    const fresh = Date.now() - statSync(file).mtimeMs < STALE_MS;
    return fresh && pid !== process.pid && isAlive(pid) ? pid : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // It has just ended.
    throw error;
  }
}

function touch(file: string): void {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // Somebody has removed it: the directory is gone, and the journal will say so.
  }
}
