import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Journal } from '../ports/index.ts';
import { writeFileAtomically } from './write-file.ts';

const HEADER = Buffer.from('punchlab journal 1\n');
const CHECK_LENGTH = 8;
const PREFIX_LENGTH = 4 + CHECK_LENGTH;
const MAX_ENTRY_LENGTH = 65_536;
const MODE = 0o600;
/** It is written anew when it has twice as many entries as are worth anything, and more than a few. */
const SPARE_ENTRIES = 1000;

/**
 * A journal in a file. Each entry stands behind its length and a part of its hash. An entry that a power cut left half
 * written is dropped; damage anywhere else is an error, since what follows it can't be trusted to be in its place.
 *
 * @throws Error naming the file, if it is no journal or is damaged; what the file system says
 */
export class FileJournal implements Journal {
  readonly #path: string;
  readonly #entries: readonly Uint8Array[];
  #file: number;
  #count: number;

  constructor(path: string) {
    this.#path = path;
    if (!existsSync(path)) writeFileAtomically(path, HEADER, { mode: MODE, overwrite: false });
    const bytes = readFileSync(path);
    const { entries, length } = entriesOf(path, bytes);
    this.#entries = entries;
    this.#count = entries.length;
    this.#file = openSync(path, 'r+');
    ftruncateSync(this.#file, length);
    this.#reopen();
  }

  read(): readonly Uint8Array[] {
    return this.#entries;
  }

  append(entry: Uint8Array, all: () => readonly Uint8Array[]): void {
    if (this.#count >= SPARE_ENTRIES) {
      const left = all();
      if (this.#count >= 2 * left.length + SPARE_ENTRIES) {
        this.#rewrite(left);
        return;
      }
    }
    const frame = frameOf(entry);
    for (let offset = 0; offset < frame.length; ) offset += writeSync(this.#file, frame, offset);
    fsyncSync(this.#file);
    this.#count++;
  }

  close(): void {
    closeSync(this.#file);
  }

  #rewrite(entries: readonly Uint8Array[]): void {
    const content = Buffer.concat([HEADER, ...entries.map(frameOf)]);
    writeFileAtomically(this.#path, content, { mode: MODE, overwrite: true });
    this.#count = entries.length;
    this.#reopen();
  }

  #reopen(): void {
    closeSync(this.#file);
    this.#file = openSync(this.#path, 'a');
  }
}

function frameOf(entry: Uint8Array): Buffer {
  if (entry.length > MAX_ENTRY_LENGTH) throw new RangeError(`a journal entry of ${entry.length} bytes`);
  const prefix = Buffer.alloc(PREFIX_LENGTH);
  prefix.writeUInt32BE(entry.length);
  checkOf(entry).copy(prefix, 4);
  return Buffer.concat([prefix, entry]);
}

/** @returns the entries, and where the last whole one ends */
function entriesOf(path: string, bytes: Buffer): { entries: Uint8Array[]; length: number } {
  if (!bytes.subarray(0, HEADER.length).equals(HEADER)) throw new Error(`${path} is no journal`);
  const entries: Uint8Array[] = [];
  let offset = HEADER.length;
  while (offset + PREFIX_LENGTH <= bytes.length) {
    const end = offset + PREFIX_LENGTH + bytes.readUInt32BE(offset);
    const entry = bytes.subarray(offset + PREFIX_LENGTH, end);
    const whole = end <= bytes.length && checkOf(entry).equals(bytes.subarray(offset + 4, offset + PREFIX_LENGTH));
    if (!whole && end < bytes.length) throw new Error(`${path} is damaged at byte ${offset}`);
    if (!whole) break;
    entries.push(Uint8Array.from(entry));
    offset = end;
  }
  return { entries, length: offset };
}

function checkOf(entry: Uint8Array): Buffer {
  return createHash('sha256').update(entry).digest().subarray(0, CHECK_LENGTH);
}
