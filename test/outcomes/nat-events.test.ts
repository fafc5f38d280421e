import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TrialResult } from '../../reports/schema.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let output: string;
beforeAll(() => {
  output = mkdtempSync(join(tmpdir(), 'punchlab-events-'));
});
afterAll(() => rmSync(output, { recursive: true }));

it.each(['events-reboot', 'events-renumber'])('%s turns out as it expects', { timeout: 120_000 }, (name) => {
  const directory = join(output, name);
  const lab = [join(ROOT, 'dist/lab-cli/main.js'), 'run', join(ROOT, `scenarios/${name}.yaml`), '-o', directory];
  const { status, stdout } = spawnSync(process.execPath, lab, { encoding: 'utf8' });
  expect(stdout).not.toContain('FAILED');
  expect(stdout).toContain('met ');
  expect(status).toBe(0);
  // The event came: packets died that would have passed, and the oracle promises nothing any more.
  const lines = readFileSync(join(directory, 'results.jsonl'), 'utf8').trim().split('\n');
  const results = lines.map((line) => JSON.parse(line) as TrialResult);
  const reason = name === 'events-reboot' ? 'tcp: no session' : 'link: no such neighbour';
  // What both ends had learnt of each other is void, and they have found it out and looked anew.
  expect(results.filter(({ connectMs }) => connectMs === null || connectMs > 4000)).toEqual([]);
  for (const { drops, oracle } of results) {
    expect(Object.keys(drops).some((drop) => drop === reason || drop === 'nat: no mapping')).toBe(true);
    expect(oracle?.why).toContain('NATs reboot or are renumbered meanwhile');
  }
});
