import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseRun, parseTrial } from '../../reports/parse-result.ts';
import { packageRoot } from '../package-root.ts';
import { type ServingLab, serveLab } from '../serving/serve-lab.suite.ts';

const MAIN = join(packageRoot(), 'dist/lab-cli/main.js');
const ROUNDS = 4;
/** Whoever dials somebody who was killed finds out after that time. */
const SHORT = ['every: 1s', 'limits: { time: 5s }'];
const children = new Set<ChildProcess>();
let home: string;
let serving: ServingLab;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'lab-field-'));
  serving = await serveLab();
}, 60_000);

afterAll(async () => {
  await serving.stop();
  rmSync(home, { recursive: true, force: true });
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});

interface Command {
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
  /** Resolves when stderr matches. */
  said(pattern: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

function lab(...args: readonly string[]): Command {
  const env = { ...process.env, HOME: home, USERPROFILE: home, LAB_SERVERS: serving.link };
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let [out, err] = ['', ''];
  let look = (): void => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    look();
  });
  const ended = new Promise<Awaited<Command['ended']>>((resolve) => {
    child.on('close', (code) => {
      children.delete(child);
      resolve({ code, out, err });
    });
  });
  const said = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      look = () => {
        if (pattern.test(err)) resolve();
      };
      look();
      void ended.then(() => reject(new Error(`it never said ${pattern}: ${err}`)));
    });
  return { ended, said, kill: (signal) => void child.kill(signal) };
}

async function writePlan(file: string, ...more: readonly string[]): Promise<void> {
  const keys = await Promise.all(['alice', 'bob'].map((name) => lab('key', name).ended));
  const agents = keys.map(({ out }) => `  ${out.trim()}`);
  const plugins = 'plugins: [direct-connect, udp-punch, turn-relay]';
  writeFileSync(join(home, file), ['schema: 1', 'name: home', 'agents:', ...agents, plugins, ...more, ''].join('\n'));
}

const agent = (name: string, plan = 'plan.yaml') =>
  lab('field', plan, '--name', name, '--bind', '127.0.0.1', '-o', `out-${name}`);
const resultsOf = (name: string) => readFileSync(join(home, `out-${name}`, 'results.jsonl'), 'utf8');

describe('lab field', { timeout: 120_000 }, () => {
  it('measures on both machines, whoever is killed or interrupted meanwhile, and brings all to both', async () => {
    await writePlan('plan.yaml', `rounds: ${ROUNDS}`, ...SHORT, '# my router is 192.168.17.1');
    const first = [agent('alice'), agent('bob')] as const;
    await first[0].said(/alice → bob 2\//);
    first[0].kill('SIGKILL');
    await first[0].ended;
    const again = agent('alice');
    await again.said(/alice → bob 3\//);
    first[1].kill('SIGINT');
    const interrupted = await first[1].ended;
    expect(interrupted).toMatchObject({
      code: 130,
      err: expect.stringContaining('The same command goes on from there'),
    });
    const last = await Promise.all([again.ended, agent('bob').ended]);
    expect(last.map(({ code }) => code)).toEqual([0, 0]);

    expect(resultsOf('bob')).toBe(resultsOf('alice'));
    const results = resultsOf('alice').trimEnd().split('\n').map(parseTrial);
    const trials = results.map(({ cell, trial }) => `${cell.a} ${cell.b} ${trial}`);
    const rounds = Array.from({ length: ROUNDS }, (_, round) => round);
    expect(trials).toEqual([...rounds.map((n) => `alice bob ${n}`), ...rounds.map((n) => `bob alice ${n}`)]);
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['connected']));
    const info = parseRun(readFileSync(join(home, 'out-alice', 'run.json'), 'utf8'));
    expect(info).toMatchObject({ world: 'field', interrupted: false, totals: { trials: 2 * ROUNDS } });
  });

  it('leaves no address in anything that it wrote', () => {
    const files = ['alice', 'bob'].flatMap((name) => filesIn(join(home, `out-${name}`)));
    expect(files.length).toBeGreaterThanOrEqual(10);
    const texts = files.map((file) => readFileSync(file, 'utf8'));
    expect(texts.some((text) => text.includes('my router is private-'))).toBe(true);
    // The report's style sheet and script have numbers with dots, but no four in a row.
    const raw = texts.flatMap((text) => text.match(/\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-f]{1,4}:){3}/gi) ?? []);
    expect(raw).toEqual([]);
  });

  it('stands in one report with what was simulated, each in a table of its own', async () => {
    const scenario = ['schema: 1', 'name: sim', 'trials: 1', 'axes: { a: [open], b: [open, full-cone] }'];
    const plugins = 'plugins: [direct-connect, udp-punch, turn-relay]';
    writeFileSync(join(home, 'sim.yaml'), [...scenario, plugins, ''].join('\n'));
    expect((await lab('run', 'sim.yaml', '-o', 'out-sim').ended).code).toBe(0);
    const { code, out } = await lab('report', 'out-sim', 'out-alice', '-o', 'together.html').ended;
    expect(code).toBe(0);
    const [simulated, measured] = out.split('\n\n');
    expect(simulated).toMatch(/world: sim\ndials \\ answers +open +full-cone\nopen/);
    expect(measured).toMatch(/world: field\ndials \\ answers +bob +alice\nalice/);
  });

  it('goes on with the same journal when the plan has more rounds, and not when it is another plan', async () => {
    await writePlan('longer.yaml', `rounds: ${ROUNDS + 1}`, ...SHORT);
    const ends = await Promise.all([agent('alice', 'longer.yaml').ended, agent('bob', 'longer.yaml').ended]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(resultsOf('alice').trimEnd().split('\n')).toHaveLength(2 * (ROUNDS + 1));
    await writePlan('other.yaml', 'limits: { time: 9s }');
    const { code, err } = await agent('alice', 'other.yaml').ended;
    expect([code, err]).toEqual([2, expect.stringContaining('is of another plan: choose another directory')]);
  });

  it('says what is wrong with what it was given', async () => {
    await writePlan('plan.yaml', 'rounds: 0');
    expect(await agent('alice').ended).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^plan\.yaml:7:9: .*whole number/),
    });
    await writePlan('plan.yaml');
    expect((await agent('carol').ended).err).toContain('the plan has no agent carol: it has alice, bob');
    const both = await lab('field', 'plan.yaml').ended;
    expect([both.code, both.err]).toEqual([2, expect.stringContaining('say which agent this machine is')]);
    const check = await lab('field', 'plan.yaml', '--check').ended;
    expect([check.code, check.out]).toEqual([0, expect.stringContaining('2 pairs × 10 rounds = 20 results')]);
  });
});

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );
}
