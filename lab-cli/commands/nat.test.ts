import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRealHost } from '../../core/real/index.ts';
import { startStunServer } from '../../core/servers/stun/stun-server.ts';
import { freePort } from '../network/free-port.suite.ts';
import { lab, startLab } from '../run-lab.suite.ts';

const cwd = tmpdir();
let stun: string;
let close: () => void;

beforeAll(async () => {
  const host = createRealHost();
  const primary = { address: '127.0.0.1', port: await freePort(host) };
  const server = await startStunServer(host, {
    primary,
    alternate: { address: '127.0.0.2', port: await freePort(host) },
  });
  close = server.close;
  stun = `localhost:${primary.port}`;
});

afterAll(() => close());

describe('lab nat', { timeout: 60_000 }, () => {
  it('contacts nobody who was not named', async () => {
    const { code, out, err } = await lab(cwd, 'nat');
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('--stun HOST[:PORT]');
  });

  it('says in plain words that the loopback has no NAT', async () => {
    const { code, out } = await lab(cwd, 'nat', '--stun', stun, '--family', '4');
    expect(code).toBe(0);
    expect(out).toContain('IPv4: open');
    expect(out).toContain('no NAT and no firewall');
    expect(out).toMatch(/filtering +endpoint-independent +high/);
  });

  it('prints JSON with evidence and confidence', async () => {
    const { code, out } = await lab(cwd, 'nat', '--stun', stun, '--family', '4', '--json');
    expect(code).toBe(0);
    const { schema, accounts } = JSON.parse(out) as { schema: number; accounts: Record<string, unknown>[] };
    expect(schema).toBe(1);
    expect(accounts).toEqual([
      expect.objectContaining({
        family: 4,
        kind: 'open',
        udp: expect.objectContaining({
          mapping: { value: 'endpoint-independent', confidence: 'high', evidence: expect.stringContaining('sees') },
        }),
      }),
    ]);
  });

  it('prints a preset', async () => {
    const { code, out } = await lab(cwd, 'nat', '--stun', stun, '--family', '4', '--preset', 'here');
    expect(code).toBe(0);
    expect(out).toMatch(/^nats:\n {2}# Measured .*\n {2}here:\n {4}translation: none\n/);
  });

  it.each([
    [['--stun', 'nowhere.invalid'], 'no address is known for nowhere.invalid'],
    [['--stun', '300.1.1.1'], 'Expected HOST or HOST:PORT'],
    [['--stun', '127.0.0.1', '--family', '6'], '127.0.0.1 is no IPv6 address'],
    [['--stun', '127.0.0.1', '--bind', '192.0.2.1'], "can't use --bind 192.0.2.1"],
  ])('says what is wrong with %j', async (args, what) => {
    const { code, err } = await lab(cwd, 'nat', ...args);
    expect(code).toBe(2);
    expect(err).toContain(what);
  });

  it('exits with 1 if no server answers, and says so', async () => {
    const port = await freePort(createRealHost());
    const { code, out } = await lab(cwd, 'nat', '--stun', `127.0.0.1:${port}`);
    expect(code).toBe(1);
    expect(out).toContain('No STUN server answered');
  });

  it('ends at once when it is interrupted', async () => {
    const port = await freePort(createRealHost());
    const { process, ended } = startLab(['nat', '--stun', `127.0.0.1:${port}`], cwd);
    process.stderr!.once('data', () => process.kill('SIGTERM'));
    expect((await ended).code).toBe(143);
  });
});
