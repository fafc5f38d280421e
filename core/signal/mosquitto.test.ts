import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from '../identity/identity.ts';
import { createRealHost } from '../real/index.ts';
import { type BrokerConfig, SignalChannel, type SignalMessage } from './signal-channel.ts';
import { until } from './signal-helpers.suite.ts';
import { type Certificates, makeCertificates, missing } from './testdata/certificates.ts';

const host = createRealHost();
const why = missing('mosquitto', '-h') ?? missing('openssl', 'version');

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** A stock Mosquitto with the options of one listener. */
class Mosquitto {
  readonly endpoint: { readonly address: string; readonly port: number };
  readonly #config: string;
  #process: ChildProcess | undefined;

  constructor(folder: string, port: number, options: readonly string[]) {
    this.endpoint = { address: '127.0.0.1', port };
    this.#config = join(folder, `mosquitto-${port}.conf`);
    const lines = ['user root', 'persistence false', `listener ${port} 127.0.0.1`, ...options];
    writeFileSync(this.#config, `${lines.join('\n')}\n`);
  }

  async start(): Promise<void> {
    this.#process = spawn('mosquitto', ['-c', this.#config], { stdio: 'ignore' });
    for (let up = false; !up; ) {
      if (this.#process.exitCode !== null) throw new Error('mosquitto ended at once');
      up = await host.tcp.dial(this.endpoint).then(
        (connection) => {
          connection.reset();
          return true;
        },
        () => new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 20)),
      );
    }
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    await gone;
  }
}

async function open(broker: BrokerConfig) {
  const identity = Identity.generate(host);
  const channel = await SignalChannel.open(host, identity, { brokers: [broker] });
  const messages: SignalMessage[] = [];
  channel.onMessage((message) => messages.push(message));
  return { key: identity.publicKey, channel, texts: () => messages.map(({ body }) => Buffer.from(body).toString()) };
}

describe.skipIf(why)(`over Mosquitto${why ? ` (skipped: ${why})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'punchlab-mosquitto-'));
  const brokers: Mosquitto[] = [];
  const channels: SignalChannel[] = [];
  let certificates: Certificates;

  beforeAll(() => {
    certificates = makeCertificates(folder);
  });
  afterEach(async () => {
    await Promise.all(channels.splice(0).map((channel) => channel.close()));
    await Promise.all(brokers.splice(0).map((broker) => broker.stop()));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function startBroker(...options: string[]): Promise<Mosquitto> {
    const broker = new Mosquitto(folder, await freePort(), options);
    brokers.push(broker);
    await broker.start();
    return broker;
  }

  async function join2(config: BrokerConfig) {
    const pair = [await open(config), await open(config)] as const;
    channels.push(...pair.map(({ channel }) => channel));
    return pair;
  }

  const text = (body: string) => Buffer.from(body);

  it('nodes talk, anonymously, and go on when it was restarted in the middle', async () => {
    const broker = await startBroker('allow_anonymous true');
    const [alice, bob] = await join2({ endpoint: broker.endpoint });
    await alice.channel.send(bob.key, 'test', text('before'));
    await broker.stop();
    await until(host.clock, () => !alice.channel.connected && !bob.channel.connected);
    const during = alice.channel.send(bob.key, 'test', text('during'));
    await broker.start();
    await during;
    await bob.channel.send(alice.key, 'test', text('after'));
    expect([bob.texts(), alice.texts()]).toEqual([['before', 'during'], ['after']]);
  });

  it('by name and password', async () => {
    const passwords = join(folder, 'passwords');
    execFileSync('mosquitto_passwd', ['-b', '-c', passwords, 'lab', 'right']);
    const broker = await startBroker('allow_anonymous false', `password_file ${passwords}`);
    const { endpoint } = broker;
    const [alice, bob] = await join2({ endpoint, username: 'lab', password: 'right' });
    await alice.channel.send(bob.key, 'test', text('hello'));
    expect(bob.texts()).toEqual(['hello']);
    const refused = [
      ...(await join2({ endpoint, username: 'lab', password: 'wrong' })),
      (await join2({ endpoint }))[0],
    ];
    expect(refused.map(({ channel }) => channel.connected)).toEqual([false, false, false]);
  });

  it('by TLS, whose certificate must hold', async () => {
    const { caFile, certFile, keyFile, ca } = certificates;
    const files = [`cafile ${caFile}`, `certfile ${certFile}`, `keyfile ${keyFile}`];
    const { endpoint } = await startBroker('allow_anonymous true', ...files);
    const [alice, bob] = await join2({ endpoint, tls: { ca: [ca], serverName: 'broker.test' } });
    await alice.channel.send(bob.key, 'test', Buffer.alloc(16_384, 'x'));
    await bob.channel.send(alice.key, 'test', text('got it'));
    expect([bob.texts()[0]?.length, alice.texts()]).toEqual([16_384, ['got it']]);
    const [stranger] = await join2({ endpoint, tls: {} });
    expect(stranger.channel.connected).toBe(false);
  });
});
