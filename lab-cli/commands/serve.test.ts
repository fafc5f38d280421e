import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StunClient } from '../../core/nat/stun-client.ts';
import { allocate } from '../../core/plugins/turn-relay/turn-client.ts';
import { expectNetError } from '../../core/ports/lab.suite.ts';
import { createRealHost } from '../../core/real/index.ts';
import { makeCertificates, missing as missingProgram } from '../../core/signal/testdata/certificates.ts';
import { freePort } from '../network/free-port.suite.ts';
import { lab, startLab } from '../run-lab.suite.ts';
import { freeConfig, type ServingLab, serveLab } from '../serving/serve-lab.suite.ts';

const host = createRealHost();
const noOpenssl = missingProgram('openssl', 'version');
let cwd: string;

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'lab-serve-test-'));
});

afterAll(() => rmSync(cwd, { recursive: true }));

function metricOf(text: string, name: string): number {
  return Number(new RegExp(`^punchlab_${name} (.+)$`, 'm').exec(text)?.[1]);
}

async function binding(port: number, options = {}) {
  const socket = await host.udp.bind();
  const result = await new StunClient(host, socket).binding({ address: '127.0.0.1', port }, options);
  socket.close();
  return result;
}

describe('lab serve', { timeout: 60_000 }, () => {
  let serving: ServingLab;
  const page = async (path: string) => (await fetch(`${serving.metricsUrl}${path}`)).text();
  const turn = (password: string) => ({
    server: { address: '127.0.0.1', port: serving.servers.ports.get('turn')! },
    transport: 'udp' as const,
    username: 'punchlab',
    password,
  });

  beforeAll(async () => {
    serving = await serveLab(await freeConfig());
  });

  afterAll(async () => {
    await serving.stop();
  });

  it('answers STUN from both addresses, and counts it', async () => {
    const port = serving.servers.ports.get('stun')!;
    expect(await binding(port)).toMatchObject({ outcome: 'response', other: { address: '127.0.0.2' } });
    expect(await binding(port, { changeAddress: true })).toMatchObject({ from: { address: '127.0.0.2' } });
    expect(metricOf(await page('/metrics'), 'stun_answered_total')).toBeGreaterThanOrEqual(2);
  });

  it('relays for who has the credentials of the link, and nobody else', async () => {
    const allocation = await allocate(host, turn(serving.servers.credentials!.password));
    expect(metricOf(await page('/metrics'), 'turn_allocations')).toBe(1);
    allocation.close();
    await expect(allocate(host, turn('guessed'))).rejects.toMatchObject({ code: 401 });
    const metrics = await page('/metrics');
    expect(metricOf(metrics, 'turn_unauthentic_total')).toBe(1);
    expect(metrics).toContain('# TYPE punchlab_turn_relayed_bytes_total counter\n');
  });

  it('says that it is alive and ready, and nothing else', async () => {
    expect([await page('/live'), await page('/ready')]).toEqual(['alive\n', 'ready\n']);
    expect((await fetch(`${serving.metricsUrl}/../etc/passwd`)).status).toBe(404);
    expect((await fetch(`${serving.metricsUrl}/metrics`, { method: 'POST' })).status).toBe(405);
  });

  it('logs JSON lines without its password', () => {
    const lines = serving.log();
    expect(lines.map(({ event }) => event)).toEqual([
      ...Array.from({ length: 6 }, () => 'listening'),
      'credentials-made',
      'ready',
    ]);
    expect(lines.every(({ time, level }) => typeof time === 'string' && level === 'info')).toBe(true);
    expect(JSON.stringify(lines)).not.toContain(serving.servers.credentials!.password);
  });

  it('keeps its credentials where only their owner reads them', () => {
    const file = join(serving.directory, 'state', 'credentials.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(serving.servers.credentials);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('says which port is taken and what helps', async () => {
    const { code, err } = await lab(serving.directory, 'serve', 'serve.yaml', '--state', 'state');
    expect(code).toBe(2);
    expect(err).toMatch(/can't serve stun on 127\.0\.0\.1:\d+: another program has the port: stop it, or choose/);
  });
});

describe.skipIf(noOpenssl)(
  `lab serve over TLS${noOpenssl ? ` (skipped: ${noOpenssl})` : ''}`,
  { timeout: 60_000 },
  () => {
    let serving: ServingLab;
    let made: ReturnType<typeof makeCertificates>;
    const tls = async () =>
      `tls: { port: ${await freePort(host)}, certificate: ${made.certFile}, key: ${made.keyFile} }`;

    beforeAll(async () => {
      made = makeCertificates(cwd);
      serving = await serveLab((await freeConfig()).replace(/(mqtt: \{ port: \d+) \}/, `$1, ${await tls()} }`));
    });

    afterAll(async () => {
      await serving.stop();
    });

    it('takes clients who trust its certificate, with the credentials, and no others', async () => {
      const port = serving.servers.ports.get('mqtts')!;
      const { username, password } = serving.servers.credentials!;
      const dial = (more: object) =>
        mqtt.connectAsync({
          protocol: 'mqtts',
          host: '127.0.0.1',
          port,
          reconnectPeriod: 0,
          ca: made.ca,
          username,
          password,
          ...more,
        });
      const client = await dial({});
      expect(metricOf(await (await fetch(`${serving.metricsUrl}/metrics`)).text(), 'mqtt_connections')).toBe(1);
      await client.endAsync();
      await expect(dial({ password: 'guessed' })).rejects.toThrow(/Not authorized|Bad username/i);
      await expect(dial({ ca: undefined })).rejects.toThrow(/certificate/);
    });

    it('is what nodes use whose link says so, and outlives those who speak no TLS', async () => {
      for (let count = 0; count < 40; count++) {
        const connection = await host.tcp.dial({ address: '127.0.0.1', port: serving.servers.ports.get('mqtts')! });
        connection.start({ data: () => {}, end: () => {}, drained: () => {}, closed: () => {} });
        connection.send(Buffer.alloc(200, count));
        if (count % 2 === 0) connection.reset();
      }
      process.env.NODE_EXTRA_CA_CERTS = made.caFile; // Of the processes that are started here.
      const peer = (...args: string[]) =>
        startLab([...args, '--key', `${args[0]}.key`, '--servers', serving.link, '--bind', '127.0.0.1'], cwd);
      const node = peer('node');
      const address = await new Promise<string>((resolve) => {
        node.process.stderr!.on('data', (text: string) => {
          const [found] = /^punch1\S+$/m.exec(text) ?? [];
          if (found) resolve(found);
        });
      });
      // Nothing but signals gets this one through.
      const connect = await peer('connect', address, '--plugin', 'udp-punch').ended;
      delete process.env.NODE_EXTRA_CA_CERTS;
      expect([connect.code, (await node.ended).code]).toEqual([0, 0]);
    });

    it('serves nothing but TLS where the plain port is off', async () => {
      const config = await freeConfig();
      const plain = Number(/mqtt: \{ port: (\d+)/.exec(config)![1]);
      const only = await serveLab(config.replace(`mqtt: { port: ${plain} }`, `mqtt: { port: off, ${await tls()} }`));
      try {
        expect([...only.servers.ports.keys()]).toEqual(['stun', 'turn', 'mqtts', 'names', 'ntp']);
        await expectNetError('ECONNREFUSED', host.tcp.dial({ address: '127.0.0.1', port: plain }));
        const { username, password } = only.servers.credentials!;
        const at = { protocol: 'mqtts', host: '127.0.0.1', port: only.servers.ports.get('mqtts')! } as const;
        const client = await mqtt.connectAsync({ ...at, reconnectPeriod: 0, ca: made.ca, username, password });
        expect(metricOf(await (await fetch(`${only.metricsUrl}/metrics`)).text(), 'mqtt_connections')).toBe(1);
        await client.endAsync();
      } finally {
        await only.stop();
      }
    });

    it('says which file is at fault', async () => {
      const bad = (certificate: string) =>
        `schema: 1\naddresses: [127.0.0.1]\nstun: off\nturn: off\nnames: off\nntp: off\nmetrics: off\nmqtt: { port: 28831, tls: { port: 28832, certificate: ${certificate}, key: nokey.pem } }\n`;
      writeFileSync(join(cwd, 'nokey.pem'), 'no key');
      writeFileSync(join(cwd, 'bad.yaml'), bad('missing.pem'));
      const missing = await lab(cwd, 'serve', 'bad.yaml', '--state', 'state');
      expect([missing.code, missing.err]).toEqual([2, expect.stringContaining("can't read missing.pem")]);
      writeFileSync(join(cwd, 'bad.yaml'), bad('nokey.pem'));
      const wrong = await lab(cwd, 'serve', 'bad.yaml', '--state', 'state');
      expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("nokey.pem: the certificate can't be used")]);
    });
  },
);

describe('lab serve, the safe way', { timeout: 60_000 }, () => {
  it('relays to no private address, ends in good order, and prints its link once', async () => {
    const config = await freeConfig();
    const serving = await serveLab(config.replace(', privatePeers: true', ''));
    const { password } = serving.servers.credentials!;
    const server = { address: '127.0.0.1', port: serving.servers.ports.get('turn')! };
    const allocation = await allocate(host, { server, transport: 'tcp', username: 'punchlab', password });
    await expect(allocation.permit('127.0.0.2')).rejects.toMatchObject({ code: 403 });
    await expect(allocation.permit('10.0.0.1')).rejects.toMatchObject({ code: 403 });
    const gone = new Promise((resolve) => {
      allocation.onClosed = resolve;
    });
    const { code, err } = await serving.stop();
    expect(code).toBe(0);
    expect(err.trimEnd().split('\n').at(-1)).toContain('"stopped"');
    await gone;
  });

  it('prints the link of its first good start, whatever went wrong before', async () => {
    const directory = mkdtempSync(join(cwd, 'second-try-'));
    const taken = await host.tcp.listen({ address: '127.0.0.1' }, () => {});
    const yaml = await freeConfig(['addresses: [127.0.0.1]']);
    const busy = yaml.replace(/^mqtt: .*$/m, `mqtt: { port: ${taken.local.port} }`);
    writeFileSync(join(directory, 'busy.yaml'), busy);
    const failed = await lab(directory, 'serve', 'busy.yaml', '--state', 'state');
    taken.close();
    expect([failed.code, failed.err]).toEqual([2, expect.stringContaining("can't serve mqtt on 127.0.0.1")]);
    const again = await serveLab(yaml, directory, []);
    expect(again.log().map(({ event }) => event)).toContain('credentials-made');
    expect(again.servers.credentials?.username).toBe('punchlab');
    // With one address, it says what that costs.
    expect(again.log().filter(({ level }) => level === 'warn')).toEqual([
      expect.objectContaining({ event: 'stun-one-address', address: '127.0.0.1' }),
    ]);
    await again.stop();
  });

  it('takes a configuration apart that has mistakes, each with its place', async () => {
    writeFileSync(
      join(cwd, 'bad.yaml'),
      'schema: 1\naddresses: [localhost]\nturn: { prot: 3480, bytesPerSecond: 5 }\nmqtt: on\nstunn: {}\n',
    );
    writeFileSync(
      join(cwd, 'twice.yaml'),
      'schema: 1\naddresses: [127.0.0.1, 127.0.0.1]\nstun: { port: 3478, alternatePort: 3478 }\n',
    );
    const twice = await lab(cwd, 'serve', 'twice.yaml');
    expect([twice.code, twice.err.trimEnd().split('\n')]).toEqual([
      2,
      [
        expect.stringMatching(/^twice\.yaml:2:24: addresses\[1\] is "127\.0\.0\.1", expected an address that is not/),
        expect.stringMatching(/^twice\.yaml:3:36: stun\.alternatePort is 3478, expected another port than stun\.port/),
      ],
    ]);
    writeFileSync(join(cwd, 'deaf.yaml'), 'schema: 1\nmqtt: { port: off }\n');
    expect((await lab(cwd, 'serve', 'deaf.yaml')).err).toMatch(
      /^deaf\.yaml:2:15: mqtt\.port is "off", expected a port, as there is no mqtt\.tls/,
    );
    const { code, err } = await lab(cwd, 'serve', 'bad.yaml');
    expect(code).toBe(2);
    expect(err.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^bad\.yaml:2:13: addresses\[0\] is "localhost", expected an IP address of this machine/),
      expect.stringMatching(/^bad\.yaml:3:9: unknown key "prot" in turn, expected port, .*; did you mean "port"\?/),
      expect.stringMatching(/^bad\.yaml:3:37: turn\.bytesPerSecond is 5, expected a number of bytes with its unit/),
      expect.stringMatching(/^bad\.yaml:4:7: mqtt is "on", expected off, or a mapping/),
      expect.stringMatching(/^bad\.yaml:5:1: unknown key "stunn"/),
    ]);
  });

  it.each([
    [['--address', '192.0.2.99'], '192.0.2.99 is no address of this machine'],
    [['--address', '192.0.2.99'], '`public: { ADDRESS-HERE: ADDRESS-SEEN }`'],
    [['--check', '--address', '::1', '--address', '0:0::1'], '::1 is there twice'],
    [['--address', 'here'], 'Expected an IP address'],
    [['missing.yaml'], "can't read missing.yaml"],
  ])('refuses %j', async (args, what) => {
    const { code, err } = await lab(cwd, 'serve', ...args);
    expect(code).toBe(2);
    expect(err).toContain(what);
  });

  it('prints what a configuration comes to, but no password', async () => {
    writeFileSync(join(cwd, 'good.yaml'), 'schema: 1\ncredentials: { username: me, password: secret }\nstun: off\n');
    const { code, out } = await lab(cwd, 'serve', 'good.yaml', '--check');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ stun: 'off', turn: { privatePeers: false, allocations: 1000 } });
    expect(out).not.toContain('secret');
  });
});
