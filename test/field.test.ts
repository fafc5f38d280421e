import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { whyNoKernelLab } from '../kernel-lab/index.ts';
import { parseTrial } from '../reports/parse-result.ts';
import { type Actor, LAB, Stage } from './stage.ts';

const why = await whyNoKernelLab();
const ROUNDS = 3;
const PLUGINS = ['udp-punch', 'turn-relay'];

let work: string;
let stage: Stage | undefined;

beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'punchlab-field-'));
});
afterEach(async () => {
  await stage?.close();
  stage = undefined;
  rmSync(work, { recursive: true });
});

function directory(name: string): string {
  const path = join(work, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** Every journal that an agent has, as it is on the disk now. */
function journals(agent: string): readonly string[] {
  return ['alice', 'bob'].map((name) => {
    const file = join(work, agent, 'out', 'journal', `${name}.jsonl`);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  });
}

/** Without the line that may be being written. */
function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1);
}

describe.skipIf(why)(`in the field${why ? ` (skipped: ${why})` : ''}`, () => {
  it('a run completes, and loses nothing, whatever is killed meanwhile', { timeout: 150_000 }, async () => {
    const network = await Stage.open('restricted-cone', 'symmetric');
    stage = network; // Taken down whatever happens.
    const serve = (name: string, yaml: readonly string[]) => {
      const cwd = directory(name);
      writeFileSync(join(cwd, 'serve.yaml'), ['schema: 1', ...yaml, ''].join('\n'));
      return network.start('core', `${LAB} serve serve.yaml --state state --print-link`, cwd);
    };
    const rest = ['names: off', 'ntp: off', 'metrics: off'];
    const broker = () => serve('broker', ['addresses: [192.0.2.1, 192.0.2.2]', 'turn: off', ...rest]);
    const relay = () => serve('relay', ['addresses: [192.0.2.3]', 'stun: off', 'mqtt: off', ...rest]);
    const servers = [broker(), relay()] as const;
    const links = await Promise.all(servers.map((server) => server.said('stdout', /^punchlab:.*(?=\n)/)));
    const keys = await Promise.all(
      ['alice', 'bob'].map((name) =>
        network.start('core', `${LAB} key ${name}`, directory(name)).said('stdout', /.*(?=\n)/),
      ),
    );
    const plan = [`schema: 1`, 'name: rehearsal', 'agents:', ...keys.map((key) => `  ${key}`)];
    const trials = [`rounds: ${ROUNDS}`, 'every: 1s', 'mode: each', `plugins: [${PLUGINS}]`, 'limits: { time: 5s }'];
    writeFileSync(join(work, 'plan.yaml'), [...plan, ...trials, ''].join('\n'));
    const env = { LAB_SERVERS: links.join(' ') };
    const agent = (name: 'alice' | 'bob') =>
      network.start(name === 'alice' ? 'a' : 'b', `${LAB} field ../plan.yaml -o out`, join(work, name), env);

    const recorded: (readonly string[])[] = [];
    const kill = async (victim: Actor) => {
      recorded.push([...journals('alice'), ...journals('bob')].map(wholeLines));
      await victim.kill();
    };
    const alice = agent('alice');
    let bob = agent('bob');
    await alice.said('stderr', /alice → bob 1\//);
    await kill(servers[0]);
    await broker().said('stderr', /"ready"/);
    await bob.said('stderr', /bob → alice 2\//);
    await kill(servers[1]);
    await relay().said('stderr', /"ready"/);
    await kill(bob);
    bob = agent('bob');
    expect(await Promise.all([alice.ended, bob.ended])).toEqual([0, 0]);

    const end = [...journals('alice'), ...journals('bob')];
    for (const [index, text] of end.entries()) {
      for (const before of recorded) expect(text.startsWith(before[index]!)).toBe(true);
    }
    const [ofAlice, ofBob] = ['alice', 'bob'].map((name) =>
      readFileSync(join(work, name, 'out', 'results.jsonl'), 'utf8'),
    );
    expect(ofBob).toBe(ofAlice);
    const results = ofAlice!.trimEnd().split('\n').map(parseTrial);
    const expected = ['alice bob', 'bob alice'].flatMap((pair) =>
      Array.from({ length: ROUNDS }, (_, round) => PLUGINS.map((plugin) => `${pair} ${round} ${plugin}`)).flat(),
    );
    expect(results.map(({ cell, trial, only }) => `${cell.a} ${cell.b} ${trial} ${only}`)).toEqual(expected);
    // A trial in which the TURN server was down has failed, and no other one.
    const connected = results.filter(({ outcome }) => outcome === 'connected');
    expect(connected.length).toBeGreaterThanOrEqual(results.length - 3);
    for (const { plugin, path } of connected) expect(path).toBe(plugin === 'turn-relay' ? 'relayed' : 'direct');
    const natsOf = results.flatMap(({ nat }) => [nat.a.inferred, nat.b.inferred]);
    expect(natsOf).toEqual(expect.arrayContaining(['restricted-cone', 'symmetric']));
  });

  it("the page's three commands connect two hosts behind NATs", { timeout: 90_000 }, async () => {
    const page = readFileSync(fileURLToPath(new URL('../docs/field.md', import.meta.url)), 'utf8');
    const command = (number: number) => {
      const [, line] = new RegExp(`<!-- field-${number} -->\\n\\n\`\`\`sh\\n(.*)\\n\`\`\``).exec(page)!;
      // The command that is built, in place of the one that people install; and the address that the machine has here.
      return line!.replace('npx lab', LAB).replace('203.0.113.5', '192.0.2.1');
    };
    const network = await Stage.open('port-restricted-cone', 'port-restricted-cone');
    stage = network; // Taken down whatever happens.
    const serving = network.start('core', command(1), directory('server'));
    const LINK = await serving.said('stdout', /^punchlab:.*(?=\n)/);
    const second = directory('second');
    writeFileSync(join(second, 'payload'), randomBytes(1_000_000));
    const node = network.start('a', command(2), directory('first'), { LINK });
    await node.said('stderr', /alice \(\w+\) waits/);
    const sent = `sh -c '${command(3).replace('tar c .', 'tar c . | tee ../sent.tar')}'`;
    const connect = network.start('b', sent, second, { LINK });
    expect([await connect.ended, await node.ended]).toEqual([0, 0]);
    expect(connect.stderr).toMatch(/connected to \w+ by [\w-]+ over (UDP|TCP) in \d+ ms/);
    const got = readFileSync(join(work, 'first', 'got.tar'));
    expect(got.length).toBeGreaterThan(1_000_000);
    expect(got.equals(readFileSync(join(work, 'sent.tar')))).toBe(true);
    serving.signal('SIGTERM');
    expect(await serving.ended).toBe(0);
  });
});
