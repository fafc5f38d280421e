import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
let output: string;
beforeAll(() => {
  output = mkdtempSync(join(tmpdir(), 'punchlab-classic-'));
});
afterAll(() => rmSync(output, { recursive: true }));

// The scenario says itself what every plugin must and must not connect; the README's test runs classic.yaml.
it('every plugin alone connects what theory says, and nothing else', { timeout: 300_000 }, () => {
  const lab = [join(ROOT, 'dist/lab-cli/main.js'), 'run', join(ROOT, 'scenarios/classic-each.yaml'), '--trials', '2'];
  const { status, stdout } = spawnSync(process.execPath, [...lab, '-o', output], { encoding: 'utf8' });
  expect(stdout).not.toContain('FAILED');
  expect(stdout).toContain('met ');
  expect(status).toBe(0);
});
