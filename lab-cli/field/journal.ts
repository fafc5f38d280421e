import type { TrialResult } from '../../reports/schema.ts';
import { AppendFile } from './append-file.ts';
import {
  formatHeader,
  formatRecord,
  type JournalHeader,
  type JournalRecord,
  MAX_LINE_BYTES,
  parseHeader,
  parseRecord,
} from './journal-line.ts';

/** Of one agent; more would be no plan of ours. */
const MAX_BYTES = 1024 * 1024 * 1024;
const NEWLINE = 0x0a;

/** A journal that can't be what it should be. The text names the file and the line. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

/** What a journal may hold. */
export interface JournalRules {
  readonly agent: string;
  /** The plan's kind digest. */
  readonly plan: string;
  /** May the agent have measured this? @returns what is wrong with it */
  check(key: string, result: TrialResult): string | undefined;
}

/**
 * What one agent has measured, line by line. The agent itself appends to its journal; every other agent has a copy,
 * which is the same bytes as far as it goes.
 */
export class Journal {
  readonly rules: JournalRules;
  readonly #file: AppendFile;
  readonly #records = new Map<string, JournalRecord>();
  #header: JournalHeader | undefined;
  #lines = 0;
  /** Of a copy: the beginning of a line whose end has not come yet. */
  #rest: Buffer = Buffer.alloc(0);

  /** @throws JournalError if what stands there is another journal, or damaged; and what the file system throws */
  constructor(path: string, rules: JournalRules) {
    this.rules = rules;
    this.#file = new AppendFile(path);
    try {
      this.#take(this.#file.read(0, this.#file.size));
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  get path(): string {
    return this.#file.path;
  }

  /** Undefined: nothing is known of it yet. */
  get header(): JournalHeader | undefined {
    return this.#header;
  }

  /** By key, in the order in which they were measured. */
  get records(): ReadonlyMap<string, JournalRecord> {
    return this.#records;
  }

  /** Bytes that are safe on the disk. */
  get size(): number {
    return this.#file.size;
  }

  read(offset: number, length: number): Buffer {
    return this.#file.read(offset, length);
  }

  /** Begins the journal, by its owner. */
  begin(journal: string, atMs: number): void {
    const { agent, plan } = this.rules;
    const line = formatHeader({ schema: 1, journal, agent, plan, startedAt: new Date(atMs).toISOString() });
    this.#extend(Buffer.from(`${line}\n`));
  }

  /** Adds a measurement, by its owner. */
  record(key: string, atMs: number, line: string): void {
    this.#extend(Buffer.from(`${formatRecord(key, atMs, line)}\n`));
  }

  /** Where the copy goes on: what has come so far, safe or not. */
  get end(): number {
    return this.#file.size + this.#rest.length;
  }

  /**
   * Adds to a copy what its owner sent.
   * @param offset where it stands in the owner's journal; what is here already, or further on, does nothing
   * @throws JournalError if it can't be of this journal
   */
  copy(offset: number, bytes: Uint8Array): void {
    if (offset !== this.end) return;
    const all = Buffer.concat([this.#rest, bytes]);
    const end = all.lastIndexOf(NEWLINE) + 1;
    this.#rest = Buffer.alloc(0); // Whatever is wrong with it, it comes again from its beginning.
    if (all.length - end > MAX_LINE_BYTES) throw this.#error('a line is too long');
    if (end > 0) this.#extend(all.subarray(0, end));
    this.#rest = Buffer.from(all.subarray(end));
  }

  close(): void {
    this.#file.close();
  }

  /** To memory and disk, or to neither. */
  #extend(lines: Buffer): void {
    if (this.#file.size + lines.length > MAX_BYTES) throw this.#error(`is larger than ${MAX_BYTES} bytes`);
    const before = { header: this.#header, lines: this.#lines };
    const added: string[] = [];
    try {
      this.#take(lines, added);
      this.#file.append(lines);
    } catch (error) {
      this.#header = before.header;
      this.#lines = before.lines;
      for (const key of added) this.#records.delete(key);
      throw error;
    }
  }

  #take(lines: Buffer, added: string[] = []): void {
    for (const text of lines.toString('utf8').split('\n').slice(0, -1)) {
      this.#lines++;
      if (!this.#header) this.#header = this.#checkedHeader(text);
      else {
        const record = this.#checkedRecord(text);
        this.#records.set(record.key, record);
        added.push(record.key);
      }
    }
  }

  #checkedHeader(text: string): JournalHeader {
    const header = this.#parsed(() => parseHeader(text));
    const { agent, plan } = this.rules;
    if (header.agent !== agent) throw this.#error(`is the journal of ${header.agent}, not of ${agent}`);
    if (header.plan !== plan) throw this.#error('is of another plan: choose another directory for this one');
    return header;
  }

  #checkedRecord(text: string): JournalRecord {
    const { record, result } = this.#parsed(() => parseRecord(text));
    const { key } = record;
    const wrong = this.#records.has(key) ? `${key} stands here twice` : this.rules.check(key, result);
    if (wrong !== undefined) throw this.#error(wrong);
    return record;
  }

  #parsed<T>(parse: () => T): T {
    try {
      return parse();
    } catch (error) {
      throw this.#error(`this is no line of a journal: ${(error as Error).message.split('\n')[0]}`);
    }
  }

  #error(text: string): JournalError {
    return new JournalError(`${this.#file.path}:${Math.max(1, this.#lines)}: ${text}`);
  }
}
