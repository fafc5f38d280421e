import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRun, ReadRunError, type TrialLine } from './read-run.ts';
import { sampleRun, writeSampleRun } from './testdata/sample-run.ts';

const sample = sampleRun({ mode: 'race', trials: 2 });
let dir: string;
let results: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'punchlab-'));
  results = join(dir, 'results.jsonl');
  await writeSampleRun(dir, sample);
});

afterEach(() => rm(dir, { recursive: true, force: true }));

async function read(): Promise<TrialLine[]> {
  const run = await openRun(dir);
  const lines: TrialLine[] = [];
  for await (const line of run.trials()) lines.push(line);
  return lines;
}

describe('reading a run', () => {
  it('gives back what was written, in order and numbered', async () => {
    const lines = await read();
    expect(lines.map((line) => line.kind === 'trial' && line.trial)).toEqual(sample.trials);
    expect(lines.map(({ line }) => line)).toEqual(sample.trials.map((_, index) => index + 1));
    expect((await openRun(dir)).info).toEqual(sample.info);
  });

  it('reads lines that are longer than a chunk of the file, and characters that straddle chunks', async () => {
    const why = 'é€😀'.repeat(40_000);
    const [first] = sample.trials;
    const long = { ...first!, oracle: { ...first!.oracle!, why } };
    await writeFile(results, `${JSON.stringify(long)}\n${JSON.stringify(first)}\n`);
    const lines = await read();
    expect(lines).toHaveLength(2);
    expect(lines[0]!.kind === 'trial' && lines[0]!.trial.oracle?.why).toBe(why);
  });

  it('takes an empty file for a run without results', async () => {
    await writeFile(results, '');
    expect(await read()).toEqual([]);
  });

  it('says that the last line broke off, wherever it did', async () => {
    const whole = await readFile(results);
    const lastLine = Buffer.byteLength(JSON.stringify(sample.trials.at(-1)));
    for (const kept of [1, 20, lastLine - 1]) {
      await truncate(results, whole.length - 1 - lastLine + kept);
      const lines = await read();
      expect(lines.at(-1)).toEqual({ kind: 'torn', line: sample.trials.length });
      expect(lines.slice(0, -1).every(({ kind }) => kind === 'trial')).toBe(true);
      await writeFile(results, whole);
    }
  });

  it('counts a last line that lacks nothing but its newline', async () => {
    const whole = await readFile(results);
    await truncate(results, whole.length - 1);
    const lines = await read();
    expect(lines).toHaveLength(sample.trials.length);
    expect(lines.at(-1)!.kind).toBe('trial');
  });
});

describe('a damaged run', () => {
  it.each([
    ['no JSON', 'nonsense', /JSON/],
    ['an empty line', '', /JSON/],
    ['not an object', '[]', /has schema none; this version reads schema 1/],
    ['another schema', '{"schema":2}', /has schema 2; this version reads schema 1/],
    ['a missing field', '{"schema":1}', /cell: /],
    ['a wrong value', JSON.stringify({ ...sample.trials[0], outcome: 'fine' }), /outcome: /],
    ['a wrong value deep inside', JSON.stringify({ ...sample.trials[0], attempts: [{}] }), /attempts\.0\.plugin: /],
    ['a negative count', JSON.stringify({ ...sample.trials[0], drops: { filter: -1 } }), /drops\.filter: /],
  ])('%s: names file and line', async (_, line, message) => {
    await appendFile(results, `${line}\n`);
    const error = await read().catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ReadRunError);
    expect(error.code).toBe('run-unreadable');
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(`${results}:${sample.trials.length + 1}: `)).toBe(true);
  });

  it('stops at a bad line even if good ones follow', async () => {
    await writeFile(results, `broken\n${JSON.stringify(sample.trials[0])}\n`);
    await expect(read()).rejects.toThrow(`${results}:1: `);
  });

  it.each([
    ['run.json', '{"schema":1,"name":"x"}', /run\.json: seed: /],
    ['run.json', '{', /run\.json: .*JSON/],
  ])('a bad %s', async (file, text, message) => {
    await writeFile(join(dir, file), text);
    await expect(openRun(dir)).rejects.toThrow(message);
  });

  it('a directory that holds no run', async () => {
    await rm(join(dir, 'run.json'));
    await expect(openRun(dir)).rejects.toThrow(/run\.json: ENOENT/);
  });

  it('a run without results', async () => {
    await rm(results);
    await expect(read()).rejects.toThrow(/results\.jsonl: ENOENT/);
    await expect(read()).rejects.toBeInstanceOf(ReadRunError);
  });
});
