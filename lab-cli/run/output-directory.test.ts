import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadScenario } from '../scenario/load-scenario.ts';
import { InputError } from '../scenario/problem.ts';
import { scenarioText, VOCABULARY } from '../scenario/testdata.ts';
import { OutputDirectory } from './output-directory.ts';
import { runInfo } from './run-info.ts';

let root: string;
let directory: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lab-output-'));
  directory = join(root, 'deep', 'run');
});

afterEach(() => rmSync(root, { recursive: true }));

function info(name: string) {
  const yaml = scenarioText(`name: ${name}`);
  const startedAt = new Date(0);
  const outcome = { interrupted: false, outcomes: new Map(), expectations: [], startedAt, wallMs: 1, workers: 1 };
  return runInfo(loadScenario(yaml, 'm.yaml', VOCABULARY), yaml, outcome);
}

function write(name: string, ...lines: string[]): OutputDirectory {
  const output = new OutputDirectory(directory);
  for (const line of lines) output.append(line);
  output.commit(info(name));
  return output;
}

const contents = (file: string) => readFileSync(join(directory, file), 'utf8');

it('becomes a run when it is committed, not before', () => {
  const output = new OutputDirectory(directory);
  output.append('one');
  expect(existsSync(join(directory, 'results.jsonl'))).toBe(false);
  expect(existsSync(join(directory, 'run.json'))).toBe(false);
  output.append('two');
  output.commit(info('first'));
  expect(readdirSync(directory).sort()).toEqual(['results.jsonl', 'run.json']);
  expect(contents('results.jsonl')).toBe('one\ntwo\n');
  expect(JSON.parse(contents('run.json')).name).toBe('first');
});

it('keeps every line, however many', () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index} ü`);
  write('many', ...lines);
  expect(contents('results.jsonl')).toBe(`${lines.join('\n')}\n`);
});

it('keeps a previous run until the next one is committed', () => {
  write('first', 'old');
  writeFileSync(join(directory, 'report.html'), 'old report');
  writeFileSync(join(directory, 'notes.txt'), 'mine');
  const output = new OutputDirectory(directory);
  output.append('new');
  expect(contents('results.jsonl')).toBe('old\n');
  expect(JSON.parse(contents('run.json')).name).toBe('first');
  output.commit(info('second'));
  expect(contents('results.jsonl')).toBe('new\n');
  expect(JSON.parse(contents('run.json')).name).toBe('second');
  // The report of the old results would pass for one of the new.
  expect(readdirSync(directory).sort()).toEqual(['notes.txt', 'results.jsonl', 'run.json']);
});

it('leaves everything as it was when it is discarded', () => {
  write('first', 'old');
  const output = new OutputDirectory(directory);
  output.append('new');
  output.discard();
  expect(readdirSync(directory).sort()).toEqual(['results.jsonl', 'run.json']);
  expect(contents('results.jsonl')).toBe('old\n');
});

it('is never a directory of other things', () => {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'thesis.tex'), '');
  expect(() => new OutputDirectory(directory)).toThrow(InputError);
  writeFileSync(join(directory, 'run.json'), '{"name":"of another program"}');
  expect(() => new OutputDirectory(directory)).toThrow(/holds files but no run of the lab/);
  expect(readdirSync(directory).sort()).toEqual(['run.json', 'thesis.tex']);
});

it('nor a file', () => {
  mkdirSync(join(root, 'deep'));
  writeFileSync(directory, '');
  expect(() => new OutputDirectory(directory)).toThrow(/^can't write to /);
});

it('clears away what a killed run left, and nothing of a live one', () => {
  mkdirSync(directory, { recursive: true });
  // No process has this number: it is above what Linux, macOS and Windows give out.
  writeFileSync(join(directory, 'results.999999999.partial'), 'torn');
  writeFileSync(join(directory, `results.${process.ppid}.partial`), 'alive');
  write('first', 'line');
  expect(readdirSync(directory).sort()).toEqual([`results.${process.ppid}.partial`, 'results.jsonl', 'run.json']);
});
