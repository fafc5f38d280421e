import { expect } from 'vitest';
import { Identity } from '../identity/identity.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { Clock, Host } from '../ports/index.ts';
import { type Lab, pause } from '../ports/lab.suite.ts';
import { type MqttServer, type MqttServerOptions, startMqttServer } from '../servers/mqtt/mqtt-server.ts';
import type { SignalContent } from '../wire/signal/signal-content.ts';
import { BrokerLink } from './broker-link.ts';
import { type SendOptions, SignalChannel, type SignalChannelOptions, type SignalMessage } from './signal-channel.ts';
import { topicOf } from './topic.ts';

/** A node as far as signals go: an identity, a channel, and what came in. */
export class Talker {
  readonly identity: Identity;
  readonly channel: SignalChannel;
  readonly messages: SignalMessage[] = [];
  readonly #clock: Clock;

  private constructor(host: Host, identity: Identity, channel: SignalChannel) {
    this.identity = identity;
    this.channel = channel;
    this.#clock = host.clock;
    channel.onMessage((message) => this.messages.push(message));
  }

  static async open(host: Host, brokers: readonly Endpoint[], options: Partial<SignalChannelOptions> = {}) {
    const identity = Identity.generate(host);
    const configs = brokers.map((endpoint) => ({ endpoint }));
    const channel = await SignalChannel.open(host, identity, { brokers: configs, ...options });
    return new Talker(host, identity, channel);
  }

  get key(): Uint8Array {
    return this.identity.publicKey;
  }

  get texts(): string[] {
    return this.messages.map(({ body }) => Buffer.from(body).toString());
  }

  say(to: Talker, text: string, brokers: readonly Endpoint[] = [], options: SendOptions = {}): Promise<void> {
    return this.channel.send(to.key, 'test', Buffer.from(text), { brokers, ...options });
  }

  /** Waits until as many messages were taken. */
  async heard(count: number): Promise<void> {
    await until(this.#clock, () => this.messages.length >= count);
  }

  /** Waits until as many messages were refused for this reason. */
  async refused(reason: string, count = 1): Promise<void> {
    const counts = () => new Map<string, number>(this.channel.counters.refused).get(reason) ?? 0;
    await until(this.#clock, () => counts() >= count);
  }
}

export function startBroker({ hosts, addresses }: Lab, options: MqttServerOptions = {}): Promise<MqttServer> {
  return startMqttServer(hosts[1], { address: addresses[1], port: 0, ...options });
}

/** Waits for what must happen; the test fails if it does not. */
export async function until(clock: Clock, condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 2000) expect.fail('it did not happen');
    await pause(clock, 10);
  }
}

/** Somebody on a broker who is not bound to our manners: overhears a topic, and publishes any bytes on any. */
export class Tap {
  readonly overheard: Uint8Array[] = [];
  readonly #clock: Clock;
  readonly #link: BrokerLink;

  private constructor(host: Host, endpoint: Endpoint, topic: string) {
    const options = { topic, keepaliveSeconds: 30, connectTimeoutMs: 10_000 };
    this.#clock = host.clock;
    this.#link = new BrokerLink(host, { endpoint }, options, {
      message: (payload) => this.overheard.push(Uint8Array.from(payload)),
      changed: () => {},
    });
  }

  static async open(host: Host, endpoint: Endpoint, victim: Uint8Array): Promise<Tap> {
    const tap = new Tap(host, endpoint, topicOf(victim));
    await until(host.clock, () => tap.#link.ready);
    return tap;
  }

  async overhear(count: number): Promise<void> {
    await until(this.#clock, () => this.overheard.length >= count);
  }

  publish(to: Uint8Array, bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#link.publish(topicOf(to), Buffer.from(bytes), (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}

/** A message as its sender would write it, or as somebody else would. */
export function contentOf(host: Host, text: string, change: Partial<SignalContent> = {}): SignalContent {
  const body = Buffer.from(text);
  return { id: host.random.bytes(16), sentAtMs: host.clock.wallMs(), ttlMs: 60_000, kind: 'test', body, ...change };
}
