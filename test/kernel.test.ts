import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sandboxCommand, whyNoIpv6, whyNoKernelLab, withSystemPath } from '../kernel-lab/index.ts';
import { packageRoot } from '../lab-cli/package-root.ts';
import { parseRun, parseTrial } from '../reports/parse-result.ts';
import { holdersOf, isAlive, networkNamespaces, processTree } from './kernel-references.ts';

const LAB = fileURLToPath(new URL('../dist/lab-cli/main.js', import.meta.url));
/** Two trials that connect, and two that the kernel can't run. */
const SCENARIO = `
schema: 1
name: kernel-test
trials: 2
nats: { odd: { extends: full-cone, limits: { mappings: 9 } } }
axes: { a: [port-restricted-cone], b: [full-cone, odd] }
plugins: [udp-punch, turn-relay]
`;
/** Parts of what `npm run parity` compares, without the plugins that chance has a part in, and what is said of them. */
const SLICES: readonly (readonly [string, string, string, string, string])[] = [
  [
    'kernel-parity',
    'linux-masquerade,*',
    'reverse-connect,random-probe,tcp-punch,port-mapping',
    '9 of 9 comparisons agree: 9 where nothing is left to chance',
    '4 of 4 NATs look the same; 0 disagreements.',
  ],
  [
    'kernel-ipv6',
    'ipv6:site,ipv6:firewall,*',
    'random-probe,tcp-punch,port-mapping',
    '4 of 4 comparisons agree: 4 where nothing is left to chance',
    '2 of 2 NATs look the same; 0 disagreements.',
  ],
  [
    'kernel-families',
    'ipv4:symmetric~ipv6:firewall,ipv6:firewall,*',
    'random-probe,tcp-punch,port-mapping,turn-relay',
    '2 of 2 comparisons agree: 2 where nothing is left to chance',
    '2 of 2 NATs look the same; 0 disagreements.',
  ],
];
/** How a run ends: its name, the trials of each cell, and what is done once it is under way. */
const ENDS: readonly (readonly [
  string,
  string,
  (lab: ChildProcess, director: number, ended: Promise<unknown>) => unknown,
])[] = [
  ['it has ended', '1', (_, __, ended) => ended],
  ['the command is killed', '1000', (lab, _, ended) => lab.kill('SIGKILL') && ended],
  ["the sandbox's first process is killed", '1000', (_, director) => process.kill(director, 'SIGKILL')],
  [
    'it is interrupted twice',
    '1000',
    async (lab, _, ended) => {
      lab.kill('SIGINT');
      await sleep(200);
      lab.kill('SIGINT');
      await ended;
    },
  ],
];
/** For what should take no time at all, on a busy machine. */
const PATIENCE_MS = 30_000;
const why = await whyNoKernelLab();

let work: string;
let scenario: string;

beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'punchlab-kernel-'));
  scenario = join(work, 'scenario.yaml');
  writeFileSync(scenario, SCENARIO);
});
afterAll(() => rmSync(work, { recursive: true }));

function runOnKernel(directory: string, ...options: string[]): string[] {
  return [LAB, 'run', scenario, '--on', 'kernel', '--workers', '1', '-o', directory, ...options];
}

/** Asks until something is there. @returns undefined if it never is */
async function eventually<T>(ask: () => T | undefined): Promise<T | undefined> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = ask();
    if (answer !== undefined || Date.now() > deadline) return answer;
    await sleep(50);
  }
}

/** The command in a sandbox, in which a tool can't be run. */
function withoutTool(tool: string, command: readonly string[]): Promise<{ file: string; args: readonly string[] }> {
  const places = withSystemPath().split(delimiter);
  const hidden = places.map((place) => join(place, tool)).filter((file) => existsSync(file));
  const hide = hidden.map((file) => `mount --bind '${scenario}' '${file}'`).join(' && ');
  return sandboxCommand('sh', ['-c', `${hide} && exec "$0" "$@"`, ...command]);
}

/** The processes of a lab whose agents are at work behind their NATs. */
function midTrial(lab: ChildProcess): ReturnType<typeof processTree> | undefined {
  const tree = processTree(lab.pid!);
  const agents = tree.filter(({ command }) => /agent\.js/.test(command));
  return agents.length >= 2 && networkNamespaces(agents).size >= 6 ? tree : undefined;
}

describe.skipIf(why)(`lab run --on kernel${why ? ` (skipped: ${why})` : ''}`, { timeout: 120_000 }, () => {
  it('writes the results of real packets through real NATs', () => {
    const directory = join(work, 'run');
    const { status, stderr, stdout } = spawnSync(process.execPath, runOnKernel(directory), { encoding: 'utf8' });
    expect({ status, errors: status === 0 ? '' : stderr + stdout }).toEqual({ status: 0, errors: '' });
    const info = parseRun(readFileSync(join(directory, 'run.json'), 'utf8'));
    expect(info).toMatchObject({ world: 'kernel', versions: { linux: release() }, totals: { trials: 4 } });
    const results = readFileSync(join(directory, 'results.jsonl'), 'utf8').trimEnd().split('\n').map(parseTrial);
    const [through, beyond] = [results.slice(0, 2), results.slice(2)];
    for (const result of through) {
      // On a machine with no time for the punch the relay wins.
      const path = result.plugin === 'turn-relay' ? 'relayed' : 'direct';
      expect(result).toMatchObject({ outcome: 'connected', transport: 'udp', path });
      expect([result.nat.a.declared, result.nat.b.declared]).toEqual(['port-restricted-cone', 'full-cone']);
      // A node waits for discovery for a while only.
      expect([result.nat.a.declared, 'unknown']).toContain(result.nat.a.inferred);
      expect([result.nat.b.declared, 'unknown']).toContain(result.nat.b.inferred);
      // 20 ms between each peer and the core: no proof without a round trip from peer to peer.
      expect(result.connectMs).toBeGreaterThan(80);
      expect(result.cost.packets).toBeGreaterThan(0);
      expect(result.cost.mappings).toBeGreaterThan(0);
    }
    for (const result of beyond) {
      expect(result).toMatchObject({ outcome: 'unsupported', error: expect.stringContaining('limits'), path: null });
    }
  });

  it.for(SLICES)('agrees with the simulator: %s, %s', ([name, cells, without, comparisons, nats], { skip }) => {
    if (cells.includes('ipv6')) skip(whyNoIpv6() !== undefined, `skipped: ${whyNoIpv6()}`);
    const file = join(packageRoot(), 'scenarios', `${name}.yaml`);
    const lab = (...args: string[]) => spawnSync(process.execPath, [LAB, ...args], { encoding: 'utf8' });
    const [sim, kernel] = (['sim', 'kernel'] as const).map((world) => {
      const directory = mkdtempSync(join(work, `slice-${world}-`));
      const trials = world === 'sim' ? [] : ['--trials', '1'];
      const options = ['--only-cell', cells, '--without', without, ...trials, '-o', directory];
      const { status, stderr } = lab('run', file, '--on', world, ...options);
      expect({ status, errors: status === 0 ? '' : stderr }).toEqual({ status: 0, errors: '' });
      return directory;
    });
    const { status, stdout } = lab('compare', sim!, kernel!, '-o', join(work, 'slice.html'));
    expect(stdout).toContain(comparisons);
    expect(stdout).toContain(nats);
    expect(status).toBe(0);
  });

  it('ends by itself when a sandbox is killed, and says so', async () => {
    const directory = join(work, 'one-lost');
    // More than fit in the three seconds: each waits for most of one, on any machine.
    const lab = spawn(process.execPath, runOnKernel(directory, '--trials', '12'), { stdio: 'ignore' });
    const ended = new Promise((resolve) => lab.once('close', (code) => resolve(code)));
    const running = await eventually(() => midTrial(lab));
    await sleep(3000); // By now it is warm, unless the machine is very busy.
    process.kill(running!.findLast(({ command }) => command.includes('director-main'))!.pid, 'SIGKILL');
    const code = await ended;
    if (code === 3) return; // It had not come to a trial: that is the next test.
    const lines = readFileSync(join(directory, 'results.jsonl'), 'utf8').trimEnd().split('\n').map(parseTrial);
    expect(lines).toHaveLength(24);
    const lost = lines.filter(({ outcome }) => outcome === 'crashed');
    expect(lost.map(({ error }) => error)).toEqual([expect.stringContaining('the sandbox ended with')]);
    expect(lines.filter(({ outcome }) => outcome === 'connected')).toHaveLength(11);
  });

  it('says in one line that a sandbox was killed while it started, and exits with 3', async () => {
    const directory = join(work, 'never-up');
    const lab = spawn(process.execPath, runOnKernel(directory), { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    lab.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const ended = new Promise((resolve) => lab.once('close', (code) => resolve(code)));
    // Before its agents run, and so before its first trial.
    const director = await eventually(() => {
      return processTree(lab.pid!).findLast(({ command }) => /^\S*node\S* \S*director-main/.test(command));
    });
    process.kill(director!.pid, 'SIGKILL');
    expect(await ended).toBe(3);
    const [scenarioLine, seedLine, ...rest] = errors.trimEnd().split('\n');
    expect([scenarioLine, seedLine]).toEqual([expect.stringContaining('kernel-test'), expect.stringContaining('seed')]);
    expect(rest).toEqual([expect.stringMatching(/^a sandbox ended with \S.* while it started.*: run it again/)]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it.for(ENDS)('leaves nothing when %s', async ([_, trials, end]) => {
    const temporary = mkdtempSync(join(work, 'temporary-'));
    const directory = mkdtempSync(join(work, 'ended-'));
    const lab = spawn(process.execPath, runOnKernel(directory, '--trials', trials), {
      stdio: 'ignore',
      env: { ...process.env, TMPDIR: temporary },
    });
    const ended = new Promise((resolve) => lab.once('close', resolve));
    const running = await eventually(() => midTrial(lab));
    const tree = (running ?? processTree(lab.pid!)).filter(({ pid }) => pid !== lab.pid);
    const namespaces = networkNamespaces(tree);
    for (const inode of networkNamespaces([{ pid: process.pid, startTicks: 0 }])) namespaces.delete(inode);
    const holders = holdersOf(namespaces);
    const left = () => [...tree.filter(isAlive), ...holdersOf(namespaces)];
    // Of all that has this in its command line the last is the one that the others started.
    const director = tree.findLast(({ command }) => command.includes('director-main'))!;

    await end(lab, director.pid, ended);
    const gone = await eventually(() => left().length === 0 || undefined);

    lab.kill('SIGKILL'); // With its sandbox killed it would go on in another one.
    await ended;

    // Core, what is under it, two hosts, two routers; the sandbox began with one of them or another one.
    expect(running, 'agents in two hosts').toBeDefined();
    expect(namespaces.size).toBeGreaterThanOrEqual(6);
    expect(holders.length).toBeGreaterThanOrEqual(namespaces.size);
    expect(gone ?? left()).toBe(true);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe('where the kernel lab cannot run', () => {
  it('says why in one line, with the remedy, and exits with 2', async () => {
    const command = [process.execPath, ...runOnKernel(join(work, 'refused'))];
    // Where nothing is missing, a file that nobody can execute stands in for a tool.
    const { file, args } = why ? { file: command[0]!, args: command.slice(1) } : await withoutTool('nft', command);
    const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toEqual([expect.stringContaining(why ?? 'need nft: install with `apt-get install nftables`')]);
    expect(existsSync(join(work, 'refused'))).toBe(false);
  });
});
