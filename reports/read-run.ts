import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRun, parseTrial } from './parse-result.ts';
import type { RunInfo, TrialResult } from './schema.ts';

/** What a person can meet: a directory that is no run, or a damaged one. The message starts with file and line. */
export class ReadRunError extends Error {
  override readonly name = 'ReadRunError';
  readonly code = 'run-unreadable';
}

export interface Run {
  /** As given. */
  readonly dir: string;
  readonly info: RunInfo;
  /**
   * The results in file order, one line in memory at a time.
   * @throws ReadRunError at the first bad line
   */
  trials(): AsyncGenerator<TrialLine, void>;
}

export type TrialLine =
  | { readonly kind: 'trial'; readonly line: number; readonly trial: TrialResult }
  /** The last line broke off while it was written. Nothing follows. */
  | { readonly kind: 'torn'; readonly line: number };

/** Far above what a trial can write; a file that passes it is not ours. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Opens what `lab run` wrote to a directory.
 * @throws ReadRunError if there is no readable `run.json`
 */
export async function openRun(dir: string): Promise<Run> {
  const file = join(dir, 'run.json');
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new ReadRunError(`${file}: ${error.message}`);
  });
  return { dir, info: locate(file, () => parseRun(text)), trials: () => readTrials(join(dir, 'results.jsonl')) };
}

async function* readTrials(file: string): AsyncGenerator<TrialLine, void> {
  let line = 0;
  for await (const { bytes, complete } of readLines(file)) {
    line++;
    if (complete) {
      yield { kind: 'trial', line, trial: locate(`${file}:${line}`, () => parseTrial(bytes.toString('utf8'))) };
    } else {
      yield lastLine(bytes.toString('utf8'), line);
    }
  }
}

/** Without its newline, a line counts only if it is whole in every other respect. */
function lastLine(text: string, line: number): TrialLine {
  try {
    return { kind: 'trial', line, trial: parseTrial(text) };
  } catch {
    return { kind: 'torn', line };
  }
}

interface Line {
  readonly bytes: Buffer;
  /** Ended by a newline. */
  readonly complete: boolean;
}

async function* readLines(file: string): AsyncGenerator<Line, void> {
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      // What was left over holds no newline, so the search begins behind it.
      let end = bytes.indexOf(NEWLINE, rest.length);
      for (; end !== -1; end = bytes.indexOf(NEWLINE, start)) {
        yield { bytes: bytes.subarray(start, end), complete: true };
        start = end + 1;
      }
      rest = bytes.subarray(start);
      if (rest.length > MAX_LINE_BYTES) throw new Error(`a line is longer than ${MAX_LINE_BYTES} bytes`);
    }
  } catch (error) {
    throw error instanceof ReadRunError ? error : new ReadRunError(`${file}: ${(error as Error).message}`);
  }
  if (rest.length > 0) yield { bytes: rest, complete: false };
}

function locate<T>(place: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new ReadRunError(`${place}: ${(error as Error).message}`);
  }
}
