import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadEngine } from '../engine.ts';
import { packageRoot } from '../package-root.ts';
import { loadScenario } from '../scenario/load-scenario.ts';
import { vocabulary } from '../vocabulary.ts';

const { knownPlugins } = await loadEngine();
const words = vocabulary(knownPlugins());
const read = (...names: string[]) => readFileSync(join(packageRoot(), ...names), 'utf8');

describe('scenarios that come with the lab', () => {
  const files = readdirSync(join(packageRoot(), 'scenarios')).filter((name) => name.endsWith('.yaml'));

  it.each(files)('%s can be run, is named after its file and proves something', (file) => {
    const scenario = loadScenario(read('scenarios', file), file, words);
    expect(`${scenario.name}.yaml`).toBe(file);
    expect(scenario.expectations.length).toBeGreaterThan(0);
  });
});

it('the example of docs/scenarios.md can be run', () => {
  const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(read('docs', 'scenarios.md'))!;
  const { cells } = loadScenario(yaml!, 'docs/scenarios.md', words);
  expect(cells).toHaveLength(9);
  expect(cells[0]!.id).toBe('open,full-cone,broadband');
});
