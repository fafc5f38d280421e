import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileJournal } from './file-journal.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'punchlab-journal-'));
  path = join(folder, 'names');
});
afterEach(() => rmSync(folder, { recursive: true }));

const entry = (text: string) => Buffer.from(text);
const none = () => expect.fail('there is no need to write it anew');

/** What is in the file, by a journal of its own. */
function stored(): string[] {
  const journal = new FileJournal(path);
  const entries = journal.read().map((bytes) => Buffer.from(bytes).toString());
  journal.close();
  return entries;
}

function write(...texts: string[]): void {
  const journal = new FileJournal(path);
  for (const text of texts) journal.append(entry(text), none);
  journal.close();
}

describe('a journal in a file', () => {
  it('has what was written, in order, for its owner alone', () => {
    write('one', '', 'three');
    write('four');
    expect(stored()).toEqual(['one', '', 'three', 'four']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('drops an entry that was left half written, and goes on', () => {
    write('one', 'two');
    truncateSync(path, statSync(path).size - 1);
    expect(stored()).toEqual(['one']);
    write('three');
    appendFileSync(path, Buffer.of(0, 0, 0));
    expect(stored()).toEqual(['one', 'three']);
  });

  it('refuses a file that is damaged in the middle, or none of its own', () => {
    write('one', 'two');
    const bytes = readFileSync(path);
    bytes[bytes.indexOf('one')]! ^= 1;
    writeFileSync(path, bytes);
    expect(stored).toThrow(`${path} is damaged at byte 19`);
    writeFileSync(path, 'something else');
    expect(stored).toThrow(`${path} is no journal`);
  });

  it('does not grow for ever', () => {
    const journal = new FileJournal(path);
    for (let index = 0; index < 5000; index++)
      journal.append(entry(`${index}`), () => [entry('kept'), entry(`${index}`)]);
    journal.close();
    const entries = stored();
    expect(entries.length).toBeLessThan(1100);
    expect([entries[0], entries.at(-1)]).toEqual(['kept', '4999']);
  });
});
