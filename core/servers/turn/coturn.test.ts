import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { discoverNat } from '../../nat/discovery.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import { type Allocation, allocate } from '../../plugins/turn-relay/turn-client.ts';
import { createRealHost } from '../../real/index.ts';
import { startStunServer } from '../stun/stun-server.ts';
import { startTurnServer } from './turn-server.ts';

const host = createRealHost();
const USER = { username: 'lab', password: 'secret' };
const has = (program: string) => spawnSync(program, ['-h'], { stdio: 'ignore' }).error === undefined;
const why = has('turnserver') && has('turnutils_uclient') ? undefined : 'coturn is not installed';
const title = (text: string) => (why === undefined ? text : `${text} (skipped: ${why})`);

async function freePorts(count: number): Promise<number[]> {
  const listeners = await Promise.all(
    Array.from({ length: count }, () => host.tcp.listen({ address: '127.0.0.1' }, (connection) => connection.reset())),
  );
  for (const listener of listeners) listener.close();
  return listeners.map(({ local }) => local.port);
}

function run(program: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 40_000 }, (_error, out, err) => resolve(`${out}${err}`));
  });
}

/** What a program says until it has said this: it would go on to wait for what we do not do. */
function runUntil(said: string, program: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { timeout: 40_000 });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (more: string) => {
        text += more;
        if (text.includes(said)) child.kill();
      });
    }
    child.on('close', () => resolve(text));
  });
}

describe.skipIf(why !== undefined)(title('our TURN and STUN client with coturn'), () => {
  let coturn: ChildProcess;
  let directory: string;
  let server: Endpoint;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'coturn-'));
    const [port, alternate] = await freePorts(2);
    server = { address: '127.0.0.1', port: port! };
    // biome-ignore format: the options of one program, in pairs
    coturn = spawn('turnserver', [
      '-n', '-L', '127.0.0.1', '-L', '127.0.0.2', '-p', String(port), '--alt-listening-port', String(alternate),
      '-E', '127.0.0.1', '-E', '::1', '--min-port', '49160', '--max-port', '49400', '--lt-cred-mech', '-u', 'lab:secret',
      '-r', 'lab', '--no-tls', '--no-dtls', '--no-cli', '--allow-loopback-peers', '--log-file', 'stdout',
      '--pidfile', join(directory, 'pid'), '--userdb', join(directory, 'db'),
    ], { stdio: 'ignore' });
    for (let tries = 0; tries < 100; tries++) {
      const up = await host.tcp.dial(server).then(
        (connection) => connection.reset() ?? true,
        () => false,
      );
      if (up) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('coturn does not listen');
  }, 30_000);

  afterAll(async () => {
    const gone = new Promise((resolve) => coturn.once('exit', resolve));
    coturn.kill();
    await gone;
    rmSync(directory, { recursive: true });
  });

  it.each([
    ['udp', 'udp'],
    ['udp', 'tcp'],
    ['tcp', 'tcp'],
  ] as const)('relays from %s to %s, by indications and by channels', async (first, second) => {
    const ask = (transport: 'udp' | 'tcp') => allocate(host, { server, transport, ...USER });
    const [one, two] = [await ask(first), await ask(second)];
    await Promise.all([one.permit(two.relayed.address), two.permit(one.relayed.address)]);
    expect(await carried(one, two)).toEqual(['hello', 'hello']);
    await Promise.all([one.bindChannel(two.relayed), two.bindChannel(one.relayed)]);
    expect(await carried(one, two)).toEqual(['hello', 'hello']);
    one.close();
    two.close();
  });

  it('is refused with a wrong password', async () => {
    const wrong = allocate(host, { server, transport: 'udp', username: 'lab', password: 'wrong' });
    await expect(wrong).rejects.toMatchObject({ name: 'TurnError', code: 401 });
  });

  it('finds out by RFC 5780 that the loopback has neither NAT nor filter', async () => {
    const report = await discoverNat(host, [server]);
    expect(report.alternate?.address).toBe('127.0.0.2');
    expect([report.mapping.value, report.filtering.value]).toEqual(['endpoint-independent', 'endpoint-independent']);
  });
});

/** What each of the two hears of the other. */
async function carried(one: Allocation, two: Allocation): Promise<string[]> {
  const heard = [two, one].map(
    (allocation) =>
      new Promise<string>((resolve) => {
        allocation.onData = (data) => resolve(Buffer.from(data).toString());
      }),
  );
  one.send(Buffer.from('hello'), two.relayed);
  two.send(Buffer.from('hello'), one.relayed);
  return Promise.all(heard);
}

describe.skipIf(why !== undefined)(title('coturn’s clients with our servers'), { timeout: 60_000 }, () => {
  let port: number;
  let stunPort: number;
  const closers: (() => void)[] = [];

  beforeAll(async () => {
    const [turn, stun, alternate] = await freePorts(3);
    [port, stunPort] = [turn!, stun!];
    const options = {
      realm: 'lab',
      users: new Map([[USER.username, USER.password]]),
      relayAddresses: ['127.0.0.1', '::1'],
      allowPeer: () => true,
    };
    for (const address of ['127.0.0.1', '::1']) {
      closers.push((await startTurnServer(host, { endpoint: { address, port }, ...options })).close);
    }
    const places = {
      primary: { address: '127.0.0.1', port: stunPort },
      alternate: { address: '127.0.0.2', port: alternate! },
    };
    closers.push((await startStunServer(host, places)).close);
  });

  afterAll(() => {
    for (const close of closers) close();
  });

  const uclient = (address: string, ...flags: readonly string[]) =>
    run('turnutils_uclient', '-u', 'lab', '-w', 'secret', '-p', String(port), '-n', '5', ...flags, address);

  // Each waits for seconds for what may still come.
  it.concurrent.each([
    ['UDP, channels, reserved ports', ['-y'], '127.0.0.1'],
    ['UDP, Send indications', ['-y', '-s', '-c'], '127.0.0.1'],
    ['UDP, with padded ChannelData', ['-y', '-D'], '127.0.0.1'],
    ['UDP, with long messages', ['-y', '-l', '1400'], '127.0.0.1'],
    ['UDP, from four clients', ['-y', '-m', '4'], '127.0.0.1'],
    ['TCP', ['-y', '-t'], '127.0.0.1'],
    ['TCP, with requests in between', ['-y', '-t', '-c', '-G'], '127.0.0.1'],
    ['TCP, relayed IPv6', ['-y', '-t', '-x', '-c'], '127.0.0.1'],
    ['relayed IPv4, asked for by name', ['-y', '-X'], '127.0.0.1'],
    ['relayed IPv6', ['-y', '-x', '-c'], '127.0.0.1'],
    ['IPv6 all the way', ['-y', '-x', '-c'], '::1'],
    ['both families, of IPv4', ['-y', '-Z', '-m', '2'], '127.0.0.1'],
    ['both families, of IPv6', ['-y', '-Z', '-x'], '127.0.0.1'],
    ['both families, from IPv6 over TCP, with requests in between', ['-y', '-Z', '-t', '-G'], '::1'],
  ])('lose nothing over %s', async (_name, flags, address) => {
    const said = await uclient(address, ...flags);
    expect(said).toMatch(/Total lost packets 0 \(0\.000000%\)/);
    // -G binds channels to made-up peers of both families, which one relayed address can't have (RFC 8656 section 12.2).
    if (!flags.includes('-G')) expect(said).not.toMatch(/: error \d+/);
  });

  it.concurrent.each([
    ['connections (RFC 6062)', '-T', '442 (Unsupported Transport Protocol)'],
    ['connections from peers', '-P', '442 (Unsupported Transport Protocol)'],
    ['the DF bit', '-g', '420 (Unknown Attribute)'],
  ])('are told that we don’t relay %s', async (_name, flag, error) => {
    expect(await uclient('127.0.0.1', '-y', flag)).toContain(`error ${error}`);
  });

  it('find the server as it was after a hundred of them came and vanished', async () => {
    // What it says depends on which of its own requests it gives up waiting for.
    await uclient('127.0.0.1', '-y', '-O', '-m', '100');
    expect(await uclient('127.0.0.1', '-y', '-t')).toMatch(/Total lost packets 0 /);
  });

  it('find out by RFC 5780 what ours does', async () => {
    const said = await run('turnutils_natdiscovery', '-f', '-p', String(stunPort), '127.0.0.1');
    expect(said).toContain('NAT with Endpoint Independent Filtering');
    const answered = 'RFC 5780 response 1';
    // Next it asks for an answer to another port (RFC 5780 section 7.5), which ours does not give.
    expect(await runUntil(answered, 'turnutils_stunclient', '-f', '-p', String(stunPort), '127.0.0.1')).toContain(
      answered,
    );
  });
});
