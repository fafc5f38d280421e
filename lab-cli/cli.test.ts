import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRun, parseTrial } from '../reports/parse-result.ts';
import { type Ended, lab, startLab } from './run-lab.suite.ts';

const TIMEOUT_MS = 120_000;
const SMALL = `schema: 1
name: small
seed: 5
trials: 3
axes: { a: [open, symmetric], b: [full-cone, udp-blocked] }
expect: [{ where: { a: open, b: full-cone }, path: direct }]
`;

let cwd: string;
/** `lab run small.yaml`, which several tests look at. */
let first: Ended;

const file = (...names: string[]) => join(cwd, ...names);
const read = (...names: string[]) => readFileSync(file(...names), 'utf8');
const results = (dir: string) => read(dir, 'results.jsonl').trimEnd().split('\n').map(parseTrial);

function write(name: string, yaml: string): string {
  writeFileSync(file(name), yaml);
  return name;
}

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'lab-cli-'));
  write('small.yaml', SMALL);
  write('each.yaml', SMALL.replace('name: small', 'name: each\nmode: each').replace('trials: 3', 'trials: 1'));
  write('only.yaml', `${SMALL}plugins: [udp-punch]\n`);
  first = await lab(cwd, 'run', 'small.yaml', '--workers', '2');
  if (first.code !== 0) throw new Error(first.err);
}, TIMEOUT_MS);

afterAll(() => rmSync(cwd, { recursive: true }));

describe('lab run', { timeout: TIMEOUT_MS }, () => {
  it('leaves results, a description of the run and a report', () => {
    expect(readdirSync(file('out/small')).sort()).toEqual(['report.html', 'results.jsonl', 'run.json']);
    const info = parseRun(read('out/small/run.json'));
    expect(info).toMatchObject({ name: 'small', seed: 5, trials: 3, interrupted: false, scenario: SMALL, workers: 2 });
    expect(info.totals.trials).toBe(12);
    expect(info.expectations).toEqual([expect.objectContaining({ met: true })]);
    expect(Object.keys(info.nats).sort()).toEqual(['full-cone', 'open', 'symmetric', 'udp-blocked']);
    const cells = results('out/small').map(({ cell, trial }) => `${cell.a},${cell.b},${cell.link}/${trial}`);
    const trials = info.cells.flatMap(({ id }) => [0, 1, 2].map((trial) => `${id}/${trial}`));
    expect(cells).toEqual(trials);
  });

  it('gives the same bytes with one worker and with two', async () => {
    expect((await lab(cwd, 'run', 'small.yaml', '--workers', '1', '-o', 'one')).code).toBe(0);
    expect(read('one/results.jsonl')).toBe(read('out/small/results.jsonl'));
  });

  it('gives the same bytes in parts', async () => {
    await lab(cwd, 'run', 'small.yaml', '--shard', '1/2', '-o', 'part-1');
    await lab(cwd, 'run', 'small.yaml', '--shard', '2/2', '-o', 'part-2');
    const lines = ['part-1', 'part-2'].flatMap((dir) => read(dir, 'results.jsonl').trimEnd().split('\n'));
    expect(lines.sort()).toEqual(read('out/small/results.jsonl').trimEnd().split('\n').sort());
    const { code, out } = await lab(cwd, 'report', 'part-1', 'part-2', '-o', 'both.html');
    expect(code).toBe(0);
    expect(out).toContain('Report: both.html');
    expect(statSync(file('both.html')).size).toBeGreaterThan(1000);
  });

  it('lets the command line overrule seed and trials, and pick cells', async () => {
    const { code } = await lab(
      cwd,
      'run',
      'small.yaml',
      '--seed',
      '6',
      '--trials',
      '1',
      '--only-cell',
      'open,*',
      '-o',
      'some',
    );
    expect(code).toBe(0);
    const lines = results('some');
    expect(lines.map(({ cell, trial }) => `${cell.a},${cell.b}/${trial}`)).toEqual([
      'open,full-cone/0',
      'open,udp-blocked/0',
    ]);
    expect(lines[0]!.seed).not.toBe(results('out/small')[0]!.seed);
  });

  it('leaves plugins out, says so, and replays such a trial', async () => {
    const { code } = await lab(cwd, 'run', 'small.yaml', '--without', 'direct-connect,udp-punch', '-o', 'few');
    expect(code).toBe(0);
    const { plugins, without, expectations } = parseRun(read('few/run.json'));
    expect(without).toEqual(['direct-connect', 'udp-punch']);
    expect(plugins).toHaveLength(5);
    expect(plugins).not.toContain('udp-punch');
    expect(expectations).toEqual([]);
    const attempted = results('few').flatMap(({ attempts }) => attempts.map(({ plugin }) => plugin));
    expect(new Set(attempted)).toEqual(new Set(plugins));
    const again = await lab(cwd, 'replay', 'few#open,full-cone,broadband/1');
    expect([again.code, again.out]).toEqual([0, expect.stringMatching(/^trace hash matches \w+$/m)]);
  });

  it('runs a scenario otherwise than it says, and replays such a trial', async () => {
    const changes = ['--mode', 'each', '--link', '{ latency: 5ms }', '--plugins', 'udp-punch,turn-relay'];
    const { code } = await lab(cwd, 'run', 'small.yaml', ...changes, '--trials', '1', '-o', 'otherwise');
    expect(code).toBe(0);
    const { mode, plugins, expectations } = parseRun(read('otherwise/run.json'));
    expect([mode, plugins, expectations]).toEqual(['each', ['udp-punch', 'turn-relay'], []]);
    expect(new Set(results('otherwise').map(({ cell }) => cell.link))).toEqual(new Set(['5ms']));
    const again = await lab(cwd, 'replay', 'otherwise#open,full-cone,5ms/0/udp-punch');
    expect([again.code, again.out]).toEqual([0, expect.stringMatching(/^trace hash matches \w+$/m)]);
  });

  it('has a line for each plugin in mode each', async () => {
    expect((await lab(cwd, 'run', 'each.yaml')).code).toBe(0);
    const { plugins } = parseRun(read('out/each/run.json'));
    const lines = results('out/each');
    expect(lines.map(({ only }) => only)).toEqual([0, 1, 2, 3].flatMap(() => plugins));
    expect(new Set(lines.slice(0, plugins.length).map(({ seed }) => seed)).size).toBe(1);
  });

  it('exits with 1 if an expectation fails, and says which', async () => {
    const yaml = write(
      'wrong.yaml',
      SMALL.replace('path: direct', 'connected: "= 0"').replace('name: small', 'name: wrong'),
    );
    const { code, out } = await lab(cwd, 'run', yaml);
    expect(code).toBe(1);
    expect(out).toMatch(/^FAILED .*connected: = 0 }: fails in 1 of 1 cells: open,full-cone,broadband \(3 of 3\)$/m);
    expect(parseRun(read('out/wrong/run.json')).expectations[0]!.met).toBe(false);
  });

  it('only reads the scenario with --check', async () => {
    const { code, out } = await lab(cwd, 'run', 'small.yaml', '--check', '-o', 'unused');
    expect(code).toBe(0);
    expect(out).toContain('4 cells × 3 trials');
    expect(out.trimEnd().split('\n').slice(-4)).toEqual([
      'open,full-cone,broadband',
      'open,udp-blocked,broadband',
      'symmetric,full-cone,broadband',
      'symmetric,udp-blocked,broadband',
    ]);
    expect(existsSync(file('unused'))).toBe(false);
  });

  it('prints no colours and no bar where there is no terminal', () => {
    const { out, err } = first;
    expect(out).toContain('Report: out/small/report.html');
    expect([...(out + err)].filter((char) => char === '\u001b' || char === '\r')).toEqual([]);
  });

  it('keeps what is finished when it is interrupted', async () => {
    const yaml = write('long.yaml', SMALL.replace('trials: 3', 'trials: 1000000').replace('name: small', 'name: long'));
    const { process, ended } = startLab(['run', yaml], cwd);
    await growth('out/long');
    process.kill('SIGINT');
    const { code, err } = await ended;
    expect(code).toBe(130);
    expect(err).toContain('Interrupted: out/long holds what was finished.');
    const info = parseRun(read('out/long/run.json'));
    const lines = results('out/long');
    expect(info.interrupted).toBe(true);
    expect(info.expectations).toEqual([]);
    expect(info.totals.trials).toBe(lines.length);
    const trials = lines.map(({ trial }) => trial);
    expect(trials).toEqual([...trials].sort((a, b) => a - b));
    expect(readdirSync(file('out/long')).sort()).toEqual(['report.html', 'results.jsonl', 'run.json']);
  });
});

/** Waits until a run has written some results. */
async function growth(dir: string): Promise<void> {
  for (;;) {
    const names = existsSync(file(dir)) ? readdirSync(file(dir)) : [];
    const partial = names.find((name) => name.endsWith('.partial'));
    if (partial && statSync(file(dir, partial)).size > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('lab replay', { timeout: TIMEOUT_MS }, () => {
  it('prints the trial and finds that it went the same way', async () => {
    const { code, out } = await lab(cwd, 'replay', 'out/small#symmetric,full-cone,broadband/2');
    expect(code).toBe(0);
    expect(out).toMatch(/^trace hash matches \w+$/m);
    expect(out.split('\n').length).toBeGreaterThan(20);
  });

  it('notices that it did not', async () => {
    cpSync(file('out/small'), file('forged'), { recursive: true });
    const lines = read('forged/results.jsonl');
    writeFileSync(file('forged/results.jsonl'), lines.replaceAll(/"traceHash":"\w+"/g, '"traceHash":"0"'));
    const { code, out } = await lab(cwd, 'replay', 'forged#open,full-cone,broadband/0');
    expect(code).toBe(1);
    expect(out).toMatch(/^trace hash differs: the run has 0, this is \w+$/m);
  });

  it.each([
    [
      'out/small#symetric,full-cone,broadband/0',
      'small has no cell "symetric,full-cone,broadband"; did you mean "symmetric,full-cone,broadband"?',
    ],
    ['out/small#open,full-cone,broadband/3', 'cell open,full-cone,broadband has no trial 3, only 0 to 2'],
    ['out/small#open,full-cone,broadband/0/udp-punch', 'in mode race all plugins run at once: leave out "udp-punch"'],
    ['out/small', '"out/small" names no trial, expected DIR#CELL/TRIAL or DIR#CELL/TRIAL/PLUGIN'],
  ])('refuses %s', async (target, message) => {
    expect(await lab(cwd, 'replay', target)).toEqual({ code: 2, out: '', err: `${message}\n` });
  });
});

describe('bad input is answered with 2', { timeout: TIMEOUT_MS }, () => {
  it('a scenario, with the place of every mistake', async () => {
    const yaml = write('bad.yaml', SMALL.replace('symmetric', 'symetric').replace('trials: 3', 'trials: x'));
    const { code, err } = await lab(cwd, 'run', yaml);
    expect(code).toBe(2);
    expect(err).toBe(
      'bad.yaml:4:9: trials is "x", expected a whole number from 1 to 1000000\n' +
        'bad.yaml:5:19: unknown NAT "symetric", expected a preset (`lab list nats`) or an entry of nats; did you mean "symmetric"?\n',
    );
  });

  it.each([
    [['run', 'absent.yaml'], /^can't read absent\.yaml: ENOENT/],
    [['run', 'small.yaml', '-o', '.'], /^\. holds files but no run of the lab/],
    [['run', 'small.yaml', '--only-cell', 'opn*'], /has no cell that matches "opn\*"/],
    [
      ['run', 'small.yaml', '--without', 'udp-punch,turn-realy'],
      /^no plugin "turn-realy" takes part in small, expected .*; did you mean "turn-relay"\?\n$/,
    ],
    [['run', 'small.yaml', '--without', 'udp-punch,'], /Expected names joined by commas/],
    [['run', 'only.yaml', '--without', 'udp-punch'], /^without udp-punch no plugin is left in small\n$/],
    [['run', 'small.yaml', '--link', 'brodband'], /^small can't be changed so: .*did you mean "broadband"/],
    [['run', 'small.yaml', '--link', '{ latency: 5ms'], /^the link "{ latency: 5ms" is no YAML: /],
    [['run', 'small.yaml', '--mode', 'races'], /Allowed choices are race, each/],
    [['run', 'small.yaml', '--trials', '0'], /'--trials <n>' argument '0' is invalid. Expected a whole number/],
    [['run', 'small.yaml', '--shard', '3/2'], /Expected I\/N with I from 1 to N/],
    [['run', 'small.yaml', '--serve'], /unknown option '--serve'/],
    [['rn'], /unknown command 'rn'\n\(Did you mean run\?\)/],
    [['list', 'nat'], /Allowed choices are nats, links, plugins, populations, scenarios/],
    [['list'], /^say what to list: nats, links, plugins, populations, scenarios/],
    [['run', 'small.yaml', '-o', '/proc/run'], /^can't write to \/proc\/run: ENOENT/],
    [['report', 'absent'], /^absent\/run\.json: ENOENT/],
  ])('%j', async (args, message) => {
    const { code, out, err } = await lab(cwd, ...args);
    expect(err).toMatch(message);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });
});

describe('lab list', { timeout: TIMEOUT_MS }, () => {
  it.each([
    ['nats', /^symmetric /m],
    ['plugins', /^udp-punch +Both send UDP/m],
    ['scenarios', /classic\.yaml +The six classic NATs/],
  ])('%s', async (what, line) => {
    const { code, out } = await lab(cwd, 'list', what);
    expect(code).toBe(0);
    expect(out).toMatch(line);
  });

  it('and --help, with 0', async () => {
    const { code, out } = await lab(cwd, 'run', '--help');
    expect(code).toBe(0);
    expect(out).toContain('Examples:');
  });
});
