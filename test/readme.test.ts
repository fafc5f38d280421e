import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Block, blocksOf, excerpt } from './readme.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TIMEOUT_MS = 300_000;
const README = join(ROOT, 'README.md');
let cwd: string;

/** Runs what a block tells people to type after `npm ci`, in a directory of its own. */
function type(command: Block): string {
  const words = command.text
    .trim()
    .replace(/^npm ci && /, '')
    .split(' ');
  expect(words.slice(0, 2)).toEqual(['npx', 'lab']);
  const lab = join(ROOT, 'dist/lab-cli/main.js');
  return execFileSync(process.execPath, [lab, ...words.slice(2)], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'punchlab-readme-'));
  symlinkSync(join(ROOT, 'scenarios'), join(cwd, 'scenarios'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

/** Compares a block with what its command prints; with UPDATE_README set, writes it into the README instead. */
function check(name: string, shorten: (output: string) => string): void {
  const markdown = readFileSync(README, 'utf8');
  const blocks = blocksOf(markdown);
  const shown = blocks.get(`${name}-output`)!;
  const output = shorten(type(blocks.get(`${name}-command`)!));
  if (process.env.UPDATE_README) {
    writeFileSync(README, markdown.slice(0, shown.start) + output + markdown.slice(shown.end));
  } else expect(output).toBe(shown.text);
}

it('shows what its first command prints', { timeout: TIMEOUT_MS }, () => check('run', (output) => output));

it('shows what the replay prints', { timeout: TIMEOUT_MS }, () => check('replay', excerpt));
