import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRun, parseTrial } from '../../reports/parse-result.ts';
import { packageRoot } from '../package-root.ts';
import { type Ended, lab } from '../run-lab.suite.ts';

// The loader hooks are for compiled code, so everything here goes through the command.
const TIMEOUT_MS = 120_000;

const TYPESCRIPT = `
import { type Attempt, type Plan, type Plugin, type ProvenTransport, register } from 'punchlab';
import { reason } from './lib/reason.ts';

@register
export class Mine implements Plugin<null> {
  readonly name = 'mine';
  readonly path = 'direct';
  plan(): Plan<null> {
    return { applicable: false, reason: reason() };
  }
  attempt(_plan: null, _attempt: Attempt): Promise<ProvenTransport> {
    throw new Error('never');
  }
}
`;
const JAVASCRIPT = `
import { register } from 'punchlab';
register(class Other {
  name = 'other';
  path = 'direct';
  plan() { return { applicable: true, plan: null }; }
  async attempt(plan, attempt) { await attempt.sleep(5); throw new Error('tried for 5 ms'); }
});
`;
const MATRIX = `schema: 1
name: mine
trials: 2
axes: { a: [open], b: [open], link: [fibre] }
plugins: [mine, other, direct-connect]
`;

let cwd: string;
let run: Ended;

function write(name: string, text: string): string {
  writeFileSync(join(cwd, name), text);
  return name;
}

const PLUGINS = ['--plugin', './mine.ts', '--plugin', './other.js'];

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'lab-plugins-'));
  mkdirSync(join(cwd, 'lib'));
  write('mine.ts', TYPESCRIPT);
  write('lib/reason.ts', "export const reason = (): string => 'says the library';\n");
  write('other.js', JAVASCRIPT);
  write('mine.yaml', MATRIX);
  run = await lab(cwd, 'run', 'mine.yaml', ...PLUGINS, '--workers', '2', '-o', 'out');
}, TIMEOUT_MS);

afterAll(() => rmSync(cwd, { recursive: true }));

describe('lab run --plugin', { timeout: TIMEOUT_MS }, () => {
  it('runs plugins of TypeScript, with decorators and imports, and of JavaScript, in every worker', () => {
    expect(run.code, run.err).toBe(0);
    const lines = readFileSync(join(cwd, 'out/results.jsonl'), 'utf8').trimEnd().split('\n').map(parseTrial);
    expect(lines).toHaveLength(2);
    for (const { attempts } of lines) {
      const byName = [...attempts].sort((one, other) => (one.plugin < other.plugin ? -1 : 1));
      expect(byName).toEqual([
        expect.objectContaining({ plugin: 'direct-connect', outcome: 'won' }),
        expect.objectContaining({ plugin: 'mine', outcome: 'not-applicable', reason: 'says the library' }),
        expect.objectContaining({ plugin: 'other', outcome: 'failed', reason: 'tried for 5 ms' }),
      ]);
    }
  });

  it('writes down where they came from, so that a replay finds them', async () => {
    const { pluginFiles } = parseRun(readFileSync(join(cwd, 'out/run.json'), 'utf8'));
    expect(pluginFiles?.map(({ path, plugins }) => [path, plugins])).toEqual([
      [join(cwd, 'mine.ts'), ['mine']],
      [join(cwd, 'other.js'), ['other']],
    ]);
    const replay = await lab(cwd, 'replay', 'out#open,open,fibre/1');
    expect(replay.out).toContain('trace hash matches');
    expect(replay.err).toBe('');
  });

  it('says at a replay that a plugin has changed since', async () => {
    write('changed.js', `${JAVASCRIPT}\n// changed\n`);
    const replay = await lab(cwd, 'replay', 'out#open,open,fibre/1', '--plugin', 'mine.ts', '--plugin', 'changed.js');
    expect(replay.err).toContain('changed.js is not what the run was made with');
  });

  it('notes a plugin that the scenario leaves out', async () => {
    write('without.yaml', MATRIX.replace('mine, other, ', ''));
    const { code, err } = await lab(cwd, 'run', 'without.yaml', '--plugin', 'mine.ts', '--check');
    expect(code).toBe(0);
    expect(err).toContain('the scenario lists its plugins, and mine is not among them');
  });

  it('takes the example of the documentation, which has under 80 lines and conforms', async () => {
    const example = join(packageRoot(), 'docs/examples/agreed-port.ts');
    expect(readFileSync(example, 'utf8').trimEnd().split('\n').length).toBeLessThan(80);
    const { code, out, err } = await lab(cwd, 'conform', example);
    expect([code, err, out.match(/^met/gm)?.length]).toEqual([0, '', 7]);
    expect(out).toContain('9 of 16 pairs: open to open');
  });

  it('lists them', async () => {
    const { out } = await lab(cwd, 'list', 'plugins', ...PLUGINS);
    expect(out.split('\n').map((line) => line.split(' ')[0])).toEqual(expect.arrayContaining(['mine', 'other']));
  });

  it.each([
    ['a file that is not there', 'nowhere.ts', undefined, /can't read plugin nowhere\.ts: ENOENT/],
    ['a mistake in the syntax', 'syntax.ts', 'class {\n', /syntax\.ts:2:1: '}' expected/],
    ['an exception', 'throws.js', "\nthrow new Error('boom');\n", /plugin throws\.js: boom \(line 2, column 7\)/],
    [
      'a file without a plugin',
      'none.ts',
      'export const nothing = 1;\n',
      /none\.ts: registers no plugin; mark its class/,
    ],
    ['an import that is not there', 'lost.ts', "import './nowhere.ts';\n", /plugin lost\.ts: Cannot find module/],
    [
      'a name that is taken',
      'taken.js',
      JAVASCRIPT.replace("'other'", "'udp-punch'"),
      /a plugin named udp-punch is registered already/,
    ],
    ['a name that is none', 'name.js', JAVASCRIPT.replace("'other'", "'My Plugin'"), /want lower-case words/],
  ])('answers %s with 2', async (_, name, text, message) => {
    if (text !== undefined) write(name, text);
    const { code, err } = await lab(cwd, 'run', 'mine.yaml', '--plugin', name);
    expect(err).toMatch(message);
    expect([code, err.includes('    at ')]).toEqual([2, false]);
  });
});
