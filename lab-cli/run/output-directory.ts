import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { RunInfo } from '../../reports/schema.ts';
import { isAlive } from '../is-alive.ts';
import { InputError } from '../scenario/problem.ts';

const RESULTS = 'results.jsonl';
const RUN = 'run.json';
const REPORT = 'report.html';
const PARTIAL = /^results\.(\d+)\.partial$/;
const BUFFER_LENGTH = 64 * 1024;

/**
 * Where a run goes. `run.json` is what makes a directory a run, and it comes last: results grow in a file of another
 * name, and only when the run has ended do they take the place of a previous run's. Whatever dies in between leaves
 * either the previous run or no run, never half of one.
 */
export class OutputDirectory {
  readonly path: string;
  readonly #partial: string;
  readonly #file: number;
  #open = true;
  #buffer: string[] = [];
  #buffered = 0;

  /**
   * @throws InputError if the directory holds something that is no run of the lab, or can't be written to
   */
  constructor(path: string) {
    this.path = path;
    this.#partial = join(path, `results.${process.pid}.partial`);
    try {
      makeDirectory(path);
      refuseStrangers(path);
      removeLeftOvers(path);
      this.#file = openSync(this.#partial, 'w');
    } catch (error) {
      throw error instanceof InputError ? error : new InputError(`can't write to ${path}: ${(error as Error).message}`);
    }
  }

  /** Adds a line to the results. */
  append(line: string): void {
    this.#buffer.push(line, '\n');
    this.#buffered += line.length + 1;
    if (this.#buffered >= BUFFER_LENGTH) this.#flush();
  }

  /** Makes this the directory's run, in place of any previous one. */
  commit(info: RunInfo): void {
    this.#flush();
    this.#close();
    const runPartial = join(this.path, `${RUN}.partial`);
    writeFileSync(runPartial, `${JSON.stringify(info, null, 2)}\n`);
    for (const name of [RUN, REPORT]) rmSync(join(this.path, name), { force: true });
    renameSync(this.#partial, join(this.path, RESULTS));
    renameSync(runPartial, join(this.path, RUN));
  }

  /** Leaves the directory as it was. Does nothing after {@link commit}. */
  discard(): void {
    this.#close();
    rmSync(this.#partial, { force: true });
  }

  #close(): void {
    if (this.#open) closeSync(this.#file);
    this.#open = false;
  }

  #flush(): void {
    // A thread that awaits the disk would need a queue with a limit of its own; writing waits instead.
    const bytes = Buffer.from(this.#buffer.join(''));
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
    this.#buffer = [];
    this.#buffered = 0;
  }
}

function refuseStrangers(path: string): void {
  const names = readdirSync(path);
  const ours = (name: string) =>
    [RESULTS, REPORT, `${RUN}.partial`, `${REPORT}.partial`].includes(name) || PARTIAL.test(name);
  if (names.every(ours) || isRun(path)) return;
  throw new InputError(`${path} holds files but no run of the lab: choose another directory, or empty it`);
}

function isRun(path: string): boolean {
  try {
    const info = JSON.parse(readFileSync(join(path, RUN), 'utf8')) as Partial<RunInfo>;
    return typeof info.schema === 'number' && typeof info.scenario === 'string';
  } catch {
    return false;
  }
}

/** Results of runs that were killed. Those of a process that lives are left alone. */
function removeLeftOvers(path: string): void {
  for (const name of readdirSync(path)) {
    const pid = Number(PARTIAL.exec(name)?.[1]);
    if (pid && !isAlive(pid)) rmSync(join(path, name), { force: true });
  }
}

/** With its parents. Node's own way of that never ends where a parent exists and still takes no entries, as /proc. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(resolve(path));
    if (code !== 'ENOENT' || parent === resolve(path)) throw error;
    makeDirectory(parent);
    mkdirSync(path);
  }
}
