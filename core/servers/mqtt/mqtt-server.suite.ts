import { MqttClient } from 'mqtt';
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../net/endpoint.ts';
import type { Host } from '../../ports/index.ts';
import { inLab, type Lab, type MakeLab } from '../../ports/lab.suite.ts';
import { until } from '../../signal/signal-helpers.suite.ts';
import { TcpStream } from '../../signal/tcp-stream.ts';
import { type MqttServer, type MqttServerOptions, startMqttServer } from './mqtt-server.ts';

/** An MQTT.js client that notes what happens to it. */
class Client {
  readonly mqtt: MqttClient;
  readonly messages: string[] = [];
  closed = false;
  readonly #host: Host;

  constructor(host: Host, endpoint: Endpoint, options: Partial<MqttClient['options']> = {}) {
    this.#host = host;
    this.mqtt = new MqttClient(() => TcpStream.dial(host, endpoint), {
      clientId: Buffer.from(host.random.bytes(8)).toString('hex'),
      protocolVersion: 4,
      reconnectPeriod: 0,
      ...options,
    });
    this.mqtt.on('message', (topic, payload) => this.messages.push(`${topic} ${payload}`));
    this.mqtt.on('error', () => {});
    this.mqtt.on('close', () => {
      this.closed = true;
    });
  }

  async connected(): Promise<this> {
    await until(this.#host.clock, () => this.mqtt.connected);
    return this;
  }

  async isThrownOut(): Promise<void> {
    await until(this.#host.clock, () => this.closed);
  }

  /** The first return code of the SUBACK: a QoS, or 128 for a refusal. */
  subscribe(topic: string): Promise<number | undefined> {
    return new Promise((resolve) => {
      this.mqtt.subscribe(topic, { qos: 1 }, (_error, _granted, packet) => resolve(packet?.granted[0] as number));
    });
  }

  publish(topic: string, payload: string | Buffer, options: object = {}): Promise<unknown> {
    return this.mqtt.publishAsync(topic, payload, { qos: 1, ...options });
  }
}

function withServer(
  makeLab: MakeLab,
  options: MqttServerOptions,
  body: (server: MqttServer, connect: (options?: Partial<MqttClient['options']>) => Client, lab: Lab) => Promise<void>,
): () => Promise<void> {
  return inLab(makeLab, async (lab) => {
    const server = await startMqttServer(lab.hosts[1], { address: lab.addresses[1], port: 0, ...options });
    const clients: Client[] = [];
    const connect = (clientOptions: Partial<MqttClient['options']> = {}) => {
      const client = new Client(lab.hosts[0], server.local, clientOptions);
      clients.push(client);
      return client;
    };
    await body(server, connect, lab);
    for (const { mqtt } of clients) mqtt.end(true);
    await until(lab.hosts[0].clock, () => server.connections === 0);
    await server.close();
  });
}

/** What the MQTT server does, in any world. */
export function mqttServerSuite(world: string, makeLab: MakeLab): void {
  describe(`MQTT server: ${world}`, () => {
    messageTests(makeLab);
    refusalTests(makeLab);
  });
}

function messageTests(makeLab: MakeLab): void {
  test(
    'passes messages on to whoever subscribed',
    withServer(makeLab, {}, async (_server, connect, lab) => {
      const [a, b] = [await connect().connected(), await connect().connected()];
      expect(await b.subscribe('punchlab/1/b')).toBe(1);
      await a.publish('punchlab/1/nobody', 'lost');
      await a.publish('punchlab/1/b', 'found');
      await until(lab.hosts[0].clock, () => b.messages.length > 0);
      expect(b.messages).toEqual(['punchlab/1/b found']);
    }),
  );

  test(
    'keeps nothing for later',
    withServer(makeLab, {}, async (_server, connect, lab) => {
      const a = await connect().connected();
      await a.publish('punchlab/1/b', 'too early');
      const b = await connect().connected();
      await b.subscribe('punchlab/1/b');
      await a.publish('punchlab/1/b', 'in time');
      await until(lab.hosts[0].clock, () => b.messages.length > 0);
      expect(b.messages).toEqual(['punchlab/1/b in time']);
    }),
  );

  test(
    'ends with its clients',
    withServer(makeLab, {}, async (server, connect) => {
      const a = await connect().connected();
      expect(server.connections).toBe(1);
      await server.close();
      await a.isThrownOut();
    }),
  );

  test(
    'a client that says nothing is in nobody’s way',
    withServer(makeLab, {}, async (server, connect, lab) => {
      const mute = await lab.hosts[0].tcp.dial(server.local);
      mute.start({ data: () => {}, end: () => mute.end(), closed: () => {}, drained: () => {} });
      const a = await connect().connected();
      expect(await a.subscribe('punchlab/1/a')).toBe(1);
      await server.close();
      await a.isThrownOut();
    }),
  );
}

function refusalTests(makeLab: MakeLab): void {
  test(
    'hands out no wildcard and no topic beyond its prefix',
    withServer(makeLab, { limits: { subscriptions: 2 } }, async (_server, connect) => {
      const a = await connect().connected();
      const granted: (number | undefined)[] = [];
      const topics = ['punchlab/1/#', 'punchlab/1/+', '#', '$SYS/#', 'other/a', 'punchlab/1/a', 'punchlab/1/b'];
      for (const topic of [...topics, 'punchlab/1/c', 'punchlab/1/a']) granted.push(await a.subscribe(topic));
      expect(granted).toEqual([128, 128, 128, 128, 128, 1, 1, 128, 1]);
    }),
  );

  test.each([
    ['on a topic beyond the prefix', 'other/a', 'x', {}],
    ['on a topic of the broker', '$SYS/x', 'x', {}],
    ['to be retained', 'punchlab/1/a', 'x', { retain: true }],
    ['at QoS 2', 'punchlab/1/a', 'x', { qos: 2 }],
    ['with a payload too long', 'punchlab/1/a', Buffer.alloc(101), {}],
    ['with a packet too long', 'punchlab/1/a', Buffer.alloc(5000), {}],
  ])('throws out who publishes %s', (_name, topic, payload, options) =>
    withServer(makeLab, { limits: { payloadLength: 100 } }, async (_server, connect) => {
      const a = await connect().connected();
      const published = a.publish(topic, payload, options).then(
        () => 'acknowledged',
        () => 'refused',
      );
      await a.isThrownOut();
      a.mqtt.end(true);
      expect(await Promise.race([published, Promise.resolve('unanswered')])).not.toBe('acknowledged');
    })(),
  );

  test.each([
    ['a session', { clean: false }],
    ['a will', { will: { topic: 'punchlab/1/a', payload: Buffer.from('x'), qos: 0, retain: false } as const }],
    ['an older protocol than it speaks', { protocolVersion: 5 } as const],
  ])('throws out who asks for %s', (_name, options) =>
    withServer(makeLab, {}, async (_server, connect) => {
      const a = connect(options);
      await a.isThrownOut();
      expect(a.mqtt.connected).toBe(false);
    })(),
  );

  test.each([
    ['no name', {}],
    ['a wrong name', { username: 'bob', password: 'secret' }],
    ['a wrong password', { username: 'alice', password: 'Secret' }],
    ['a name that runs into the password', { username: 'alices', password: 'ecret' }],
  ])('throws out who comes with %s', (_name, options) =>
    withServer(makeLab, { credentials: [{ username: 'alice', password: 'secret' }] }, async (_server, connect) => {
      const a = connect(options);
      await a.isThrownOut();
      expect(a.mqtt.connected).toBe(false);
      expect((await connect({ username: 'alice', password: 'secret' }).connected()).mqtt.connected).toBe(true);
    })(),
  );

  test(
    'takes no more clients than it may, and again some when others left',
    withServer(makeLab, { limits: { connectionsPerAddress: 2 } }, async (server, connect, lab) => {
      const [a, b] = [await connect().connected(), await connect().connected()];
      await connect().isThrownOut();
      expect(server.connections).toBe(2);
      a.mqtt.end(true);
      await until(lab.hosts[0].clock, () => server.connections === 1);
      await connect().connected();
      expect(b.closed).toBe(false);
    }),
  );
}
