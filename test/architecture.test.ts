import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { breaches, type Sources } from './architecture.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['core', 'simulator', 'kernel-lab', 'lab-cli', 'reports', 'bench'];

function projectSources(): Sources {
  const sources = new Map<string, string>();
  for (const folder of FOLDERS.filter((each) => existsSync(join(ROOT, each)))) {
    for (const entry of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      const file = join(folder, entry.replaceAll('\\', '/'));
      if (file.endsWith('.ts')) sources.set(file, readFileSync(join(ROOT, file), 'utf8'));
    }
  }
  return sources;
}

/** The breaches of a project that is one good file and these. */
function breachesOf(files: Record<string, string>): string[] {
  const good =
    "import { a } from './other.ts';\n// RFC 4787 REQ-6, and a word such as todo or any.\nexport const b = a;\n";
  const other =
    "import { createHash } from 'node:crypto';\nimport mqtt from 'mqtt';\nexport const a = [createHash, mqtt];\n";
  const sources = { 'core/signal/good.ts': good, 'core/signal/other.ts': other, ...files };
  return breaches(new Map(Object.entries(sources)), new Set(['mqtt', '@noble/curves']));
}

test('the project keeps to its architecture', () => {
  const sources = projectSources();
  expect(sources.size).toBeGreaterThan(50);
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(breaches(sources, new Set(Object.keys({ ...dependencies, ...peerDependencies })))).toEqual([]);
});

describe('the checker sees', () => {
  test('nothing in a good project', () => {
    expect(breachesOf({})).toEqual([]);
  });

  test.each([
    ['a static import', "import { World } from '../../simulator/index.ts';"],
    ['a type import', "import type { World } from '../../simulator/index.ts';"],
    ['an export', "export * from '../../simulator/index.ts';"],
    ['a dynamic import', "const world = await import('../../simulator/index.ts');"],
    ['an import of a type in place', "let world: import('../../simulator/index.ts').World;"],
  ])('%s that is forbidden', (_, line) => {
    const forbidden = ['core/node/bad.ts: core/node may not import simulator/index.ts'];
    expect(breachesOf({ 'core/node/bad.ts': line })).toEqual(forbidden);
    expect(breachesOf({ 'core/node/bad.test.ts': line })).toEqual([]);
  });

  test.each([
    ['core/net/x.ts', '../wire/y.ts'],
    ['core/ports/x.ts', '../wire/y.ts'],
    ['core/wire/x.ts', '../ports/y.ts'],
    ['core/nat/x.ts', '../signal/y.ts'],
    ['core/plugins/x.ts', '../node/y.ts'],
    ['core/servers/x.ts', '../plugins/y.ts'],
    ['core/node/x.ts', '../real/y.ts'],
    ['core/real/x.ts', '../wire/y.ts'],
    ['simulator/x.ts', '../core/nat/discovery.ts'],
    ['reports/x.ts', '../lab-cli/y.ts'],
    ['core/unheard-of/x.ts', './y.ts'],
  ])('%s import %s', (file, target) => {
    expect(breachesOf({ [file]: `import { y } from '${target}';` })).toHaveLength(1);
  });

  test('what a layer may import', () => {
    expect(breachesOf({ 'simulator/x.ts': "import type { NatBehaviour } from '../core/nat/behaviour.ts';" })).toEqual(
      [],
    );
    expect(breachesOf({ 'lab-cli/x.ts': "import { World } from '../simulator/index.ts';" })).toEqual([]);
  });

  test('a circle, however long', () => {
    const circle = {
      'core/wire/a.ts': "import './b.ts';",
      'core/wire/b.ts': "import './c.ts';",
      'core/wire/c.ts': "import type {} from './a.ts';",
    };
    const path = 'core/wire/a.ts -> core/wire/b.ts -> core/wire/c.ts -> core/wire/a.ts';
    expect(breachesOf(circle)).toEqual([`core/wire/a.ts: is in a circle: ${path}`]);
  });

  test.each([
    ['core/node/x.ts', 'node:net'],
    ['core/servers/x.ts', 'node:dgram'],
    ['simulator/x.ts', 'node:timers/promises'],
    ['reports/x.ts', 'node:os'],
    ['core/wire/x.ts', 'node:fs/promises'],
    ['core/wire/x.ts', 'crypto'],
    ['core/wire/x.ts', 'vitest'],
    ['core/wire/x.ts', '@noble/hashes/sha2.js'],
  ])('%s use %s', (file, module) => {
    expect(breachesOf({ [file]: `import x from '${module}';` })).toHaveLength(1);
  });

  test.each([
    '// TODO: later',
    '// see /work/notes',
    'const x = y as any;',
    '// @ts-ignore',
    "test.only('x', f);",
    'export default 1;',
    '// RFC 4788',
    '// RFC478',
  ])('the text %j', (text) => {
    expect(breachesOf({ 'core/wire/x.ts': `${text}\n` })).toHaveLength(1);
  });

  test.each(['/proc/net/route', '/sys/class/net/eth0', '/run/netns/a'])('the file %s of Linux alone', (path) => {
    const text = `export const x = readFileSync('${path}');\n`;
    const why =
      'is only for kernel-lab, lab-cli/kernel, core/real/default-gateways.ts, bench/kernel-cost.ts: the rest runs on any system';
    const place = path.split('/').slice(0, 2).join('/');
    expect(breachesOf({ 'simulator/x.ts': text })).toEqual([`simulator/x.ts: ${place}/ ${why}`]);
    expect(breachesOf({ 'simulator/x.test.ts': text, 'kernel-lab/x.ts': text })).toEqual([]);
    expect(
      breachesOf({ 'lab-cli/x.ts': "import { run } from './run/world/trial.ts';\n", 'lab-cli/run/world/trial.ts': '' }),
    ).toEqual([]);
  });

  test('a file and a function that are too long', () => {
    const lines = (count: number): string => '// a line\n'.repeat(count);
    expect(breachesOf({ 'core/wire/x.ts': lines(300) })).toEqual([]);
    expect(breachesOf({ 'core/wire/x.ts': lines(301) })).toEqual(['core/wire/x.ts: has more than 300 lines']);
    expect(breachesOf({ 'core/wire/x.ts': `function f() {\n${lines(68)}}\n` })).toEqual([]);
    expect(breachesOf({ 'core/wire/x.ts': `function f() {\n${lines(69)}}\n` })).toEqual([
      'core/wire/x.ts: the function at line 1 has more than 70 lines',
    ]);
  });
});
