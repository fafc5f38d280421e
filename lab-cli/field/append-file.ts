import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const NEWLINE = 0x0a;
const CHUNK_BYTES = 64 * 1024;

/**
 * A file of lines that only grows, and of which nothing that was appended is ever lost: every append is on the disk
 * when it returns. What broke off in the middle of a line, as a machine went down, is cut off when the file is opened.
 */
export class AppendFile {
  readonly path: string;
  readonly #file: number;
  #size: number;

  /** Makes the file if there is none. */
  constructor(path: string) {
    this.path = path;
    // Windows truncates no file that is open for appending only.
    this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT);
    const bytes = fstatSync(this.#file).size;
    this.#size = this.#endOfLastLine(bytes);
    if (this.#size < bytes) ftruncateSync(this.#file, this.#size);
    fsyncSync(this.#file);
    syncDirectory(dirname(path));
  }

  /** In bytes; always a whole number of lines. */
  get size(): number {
    return this.#size;
  }

  /** @param lines whole ones, each with its newline */
  append(lines: Uint8Array): void {
    try {
      for (let written = 0; written < lines.length; ) {
        written += writeSync(this.#file, lines, written, lines.length - written, this.#size + written);
      }
      fsyncSync(this.#file);
    } catch (error) {
      // A full disk may have taken half a line: nothing may follow that.
      ftruncateSync(this.#file, this.#size);
      throw error;
    }
    this.#size += lines.length;
  }

  /** At most `length` bytes from an offset on; fewer at the end. */
  read(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, this.#size - offset)));
    for (let got = 0; got < bytes.length; ) {
      const count = readSync(this.#file, bytes, got, bytes.length - got, offset + got);
      if (count === 0) return bytes.subarray(0, got);
      got += count;
    }
    return bytes;
  }

  close(): void {
    closeSync(this.#file);
  }

  #endOfLastLine(end: number): number {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let to = end; to > 0; to -= Math.min(to, CHUNK_BYTES)) {
      const from = Math.max(0, to - CHUNK_BYTES);
      const count = readSync(this.#file, chunk, 0, to - from, from);
      const newline = chunk.subarray(0, count).lastIndexOf(NEWLINE);
      if (newline !== -1) return from + newline + 1;
    }
    return 0;
  }
}

/** Else a new file may be gone after a crash. Windows has no such thing. */
function syncDirectory(path: string): void {
  if (process.platform === 'win32') return;
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
