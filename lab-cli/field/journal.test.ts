import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trialKey } from './field-plan.ts';
import { Journal, type JournalRules } from './journal.ts';
import { planText, readPlan, sampleTrial } from './testdata.ts';

const plan = readPlan(planText());
const rules: JournalRules = { agent: 'alice', plan: plan.kindDigest, check: () => undefined };
let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lab-journal-'));
  file = join(directory, 'alice.jsonl');
});
afterEach(() => rmSync(directory, { recursive: true }));

function filled(trials: number): Journal {
  const journal = new Journal(file, rules);
  if (!journal.header) journal.begin('0123456789abcdef', 1000);
  for (let index = journal.records.size; index < trials; index++) {
    const { trial, line } = sampleTrial(plan, index);
    journal.record(trialKey(trial), 2000 + index, line);
  }
  return journal;
}

describe('a journal', () => {
  it('has everything again when it is opened again', () => {
    filled(3).close();
    const journal = new Journal(file, rules);
    expect(journal.header).toMatchObject({ journal: '0123456789abcdef', agent: 'alice' });
    const records = [...journal.records.values()];
    expect(records.map(({ key, atMs }) => [key, atMs])).toEqual(
      [0, 1, 2].map((n) => [`alice,bob,internet/${n}`, 2000 + n]),
    );
    expect(records[1]!.line).toBe(sampleTrial(plan, 1).line);
    expect(journal.size).toBe(readFileSync(file).length);
    journal.close();
  });

  it('loses nothing but a line that broke off, wherever it did', () => {
    filled(2).close();
    const whole = readFileSync(file);
    filled(3).close();
    const longer = readFileSync(file);
    for (const size of [whole.length + 1, whole.length + 100, longer.length - 1]) {
      truncateSync(file, size);
      const journal = new Journal(file, rules);
      expect([journal.records.size, journal.size]).toEqual([2, whole.length]);
      expect(readFileSync(file).equals(whole)).toBe(true);
      journal.close();
      writeFileSync(file, longer);
    }
  });

  it('refuses to go on where it is damaged or another one, and names the line', () => {
    filled(1).close();
    appendFileSync(file, 'nonsense\n');
    expect(() => new Journal(file, rules)).toThrow(`${file}:3: this is no line of a journal`);
    rmSync(file);
    filled(1).close();
    const [header, record] = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, `${header}\n${record}\n${record}\n`);
    expect(() => new Journal(file, rules)).toThrow(`${file}:3: alice,bob,internet/0 stands here twice`);
    expect(() => new Journal(file, { ...rules, agent: 'bob' })).toThrow(
      `${file}:1: is the journal of alice, not of bob`,
    );
    expect(() => new Journal(file, { ...rules, plan: 'f'.repeat(64) })).toThrow(`${file}:1: is of another plan`);
    expect(() => new Journal(file, { ...rules, check: () => 'is a lie' })).toThrow(`${file}:2: is a lie`);
  });

  it('is copied in any pieces, each once, and the copy is the same bytes', () => {
    const original = filled(4);
    const copyFile = join(directory, 'copy.jsonl');
    let copy = new Journal(copyFile, rules);
    for (let step = 1; copy.end < original.size; step = (step * 7) % 997) {
      const at = copy.end;
      const piece = original.read(at, step);
      copy.copy(at, piece);
      copy.copy(at, piece); // It came twice.
      copy.copy(at + 5000, piece); // It came too early.
      if (step % 3 !== 0) continue;
      copy.close(); // Killed: it goes on from what is safe.
      copy = new Journal(copyFile, rules);
      expect(copy.end).toBe(copy.size);
    }
    expect(readFileSync(copyFile).equals(readFileSync(file))).toBe(true);
    expect(copy.records.size).toBe(4);
    copy.close();
    original.close();
  });

  it('takes nothing into a copy that the check refuses, and goes on after it', () => {
    const original = filled(2);
    const wary = { ...rules, check: (key: string) => (key.endsWith('/1') ? 'is not yours' : undefined) };
    const copy = new Journal(join(directory, 'copy.jsonl'), wary);
    expect(() => copy.copy(0, original.read(0, original.size))).toThrow('is not yours');
    expect([copy.size, copy.end, copy.records.size, copy.header]).toEqual([0, 0, 0, undefined]);
    copy.close();
    original.close();
  });
});
