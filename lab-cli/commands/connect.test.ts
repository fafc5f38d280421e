import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../package-root.ts';
import { type ServingLab, serveLab } from '../serving/serve-lab.suite.ts';

const MAIN = join(packageRoot(), 'dist/lab-cli/main.js');
const LOOPBACK = ['--bind', '127.0.0.1'];
let home: string;
let serving: ServingLab;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'lab-home-'));
  serving = await serveLab();
}, 60_000);

afterAll(async () => {
  await serving.stop();
  rmSync(home, { recursive: true, force: true });
});

interface Peer {
  readonly process: ChildProcess;
  /** Resolves with the first line of stderr that matches. */
  said(pattern: RegExp): Promise<string>;
  readonly ended: Promise<{ code: number | null; out: Buffer; err: string }>;
}

function peer(...args: readonly string[]): Peer {
  return peerOf(serving.link, ...args);
}

function peerOf(servers: string | undefined, ...args: readonly string[]): Peer {
  const env = { ...process.env, HOME: home, USERPROFILE: home, LAB_SERVERS: servers };
  const child = spawn(process.execPath, [MAIN, ...args], { env });
  const out: Buffer[] = [];
  let err = '';
  let look = (): void => {};
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    look();
  });
  const ended = new Promise<Awaited<Peer['ended']>>((resolve) => {
    child.on('close', (code) => resolve({ code, out: Buffer.concat(out), err }));
  });
  const said = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      look = () => {
        const [found] = pattern.exec(err) ?? [];
        if (found !== undefined) resolve(found);
      };
      look();
      void ended.then(() => reject(new Error(`it never said ${pattern}: ${err}`)));
    });
  return { process: child, said, ended };
}

const waiting = async (...args: readonly string[]) => {
  const node = peer('node', ...LOOPBACK, ...args);
  return { node, address: await node.said(/^punch1\S+$/m) };
};

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('lab node and lab connect', { timeout: 60_000 }, () => {
  it.each(['direct-connect', 'udp-punch', 'turn-relay'])('carry bytes both ways by %s', async (plugin) => {
    const { node, address } = await waiting('--name', 'alice');
    // By nickname once, by address else.
    const whom = plugin === 'direct-connect' ? 'alice' : address;
    const connect = peer('connect', whom, ...LOOPBACK, '--name', 'bob', '--plugin', plugin);
    const [there, back] = [randomBytes(1_000_000), randomBytes(200_000)];
    connect.process.stdin!.end(there);
    node.process.stdin!.end(back);
    const [atNode, atConnect] = await Promise.all([node.ended, connect.ended]);
    expect([atNode.code, atConnect.code]).toEqual([0, 0]);
    expect([sha256(atNode.out), sha256(atConnect.out)]).toEqual([sha256(there), sha256(back)]);
    expect(atConnect.err).toMatch(new RegExp(`${plugin}: won`));
    expect(atConnect.err).toContain('1000000 bytes sent, 200000 received');
  });

  it('keep the identity of a name, and let in only whom they are told to', async () => {
    const first = await waiting('--name', 'carol', '--allow', 'nobody');
    const id = await first.node.said(/carol \(([a-z2-7]{32})\)/);
    const refused = peer('connect', first.address, ...LOOPBACK, '--name', 'dave', '--plugin', 'direct-connect');
    expect((await refused.ended).err).toContain('you are not allowed');
    first.node.process.kill('SIGTERM');
    expect((await first.node.ended).code).toBe(143);

    const again = await waiting('--name', 'carol', '--keep');
    expect(await again.node.said(/carol \(([a-z2-7]{32})\)/)).toBe(id);
    for (const text of ['one', 'two']) {
      const caller = peer('connect', again.address, ...LOOPBACK, '--name', 'dave');
      caller.process.stdin!.end(text);
      expect((await caller.ended).code).toBe(0);
    }
    again.node.process.kill('SIGINT');
    const { code, out } = await again.node.ended;
    expect([code, out.toString()]).toEqual([130, 'onetwo']);
  });

  it('end with 1 and an account of every strategy if nothing connects', async () => {
    const { node, address } = await waiting('--name', 'erin');
    node.process.kill('SIGKILL');
    await node.ended;
    const { code, err } = await peer('connect', address, ...LOOPBACK, '--timeout', '3').ended;
    expect(code).toBe(1);
    expect(err).toContain('nothing connected:');
    expect(err).toMatch(/direct-connect +failed +\S+ ECONNREFUSED/);
  });

  it('end with 1 if the peer dies in the middle', async () => {
    const { node, address } = await waiting('--name', 'frank');
    const connect = peer('connect', address, ...LOOPBACK, '--plugin', 'direct-connect');
    await connect.said(/connected to/);
    node.process.kill('SIGKILL');
    expect((await connect.ended).code).toBe(1);
  });

  it('say what is wrong with what they were given', async () => {
    writeFileSync(join(home, 'bad.key'), 'no key');
    const bad = await peer('node', '--key', join(home, 'bad.key')).ended;
    expect([bad.code, bad.err]).toEqual([2, expect.stringContaining('bad.key')]);
    const nobody = await peer('connect', 'nobody', ...LOOPBACK).ended;
    expect([nobody.code, nobody.err]).toEqual([2, expect.stringContaining('nobody.punch: nobody has it')]);
    const nameless = serving.link.replace(/&?nameskey=[^&]+/, '');
    expect(nameless).not.toBe(serving.link);
    for (const [servers, why] of [
      [undefined, 'without --servers LINK (or LAB_SERVERS)'],
      [nameless, 'none of the --servers has a nickname server'],
    ] as const) {
      const unasked = await peerOf(servers, 'connect', 'alice', ...LOOPBACK).ended;
      expect([unasked.code, unasked.err]).toEqual([
        2,
        expect.stringContaining(`"alice" is no address of a node, and ${why}`),
      ]);
    }
    const link = await peer('node', '--servers', 'http://x').ended;
    expect([link.code, link.err]).toEqual([2, expect.stringContaining('expected a link such as punchlab://')]);
  });
});
