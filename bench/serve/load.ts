import { randomBytes } from 'node:crypto';
import mqtt, { type MqttClient } from 'mqtt';
import { encodeBinding } from '../../core/nat/stun-client.ts';
import type { Endpoint } from '../../core/net/endpoint.ts';
import { type Allocation, allocate } from '../../core/plugins/turn-relay/turn-client.ts';
import type { Host } from '../../core/ports/index.ts';
import { topicOf } from '../../core/signal/topic.ts';

export interface Places {
  readonly stun: Endpoint;
  readonly turn: Endpoint;
  readonly mqtt: Endpoint;
  readonly username: string;
  readonly password: string;
}

/** What went out and what came back. */
export interface Tally {
  sent: number;
  came: number;
  /** Connections and allocations that ended without having been asked to. */
  lost: number;
}

const PAYLOAD = randomBytes(200);
const TICK_MS = 20;

/** Binding requests from a few sockets, so many a second. */
export async function stunLoad(
  host: Host,
  { stun }: Places,
  perSecond: number,
): Promise<{ tally: Tally; stop(): void }> {
  const tally: Tally = { sent: 0, came: 0, lost: 0 };
  const sockets = await Promise.all(Array.from({ length: 16 }, () => host.udp.bind({ address: '127.0.0.1' })));
  for (const socket of sockets) socket.onMessage = () => void tally.came++;
  let lastMs = performance.now();
  let due = 0;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    // Time in which this process did not get to run is not made up for: nobody sends like that.
    due = Math.min(due + ((nowMs - lastMs) * perSecond) / 1000, (2 * TICK_MS * perSecond) / 1000);
    lastMs = nowMs;
    for (; due >= 1; due--, tally.sent++) {
      sockets[tally.sent % sockets.length]!.send(encodeBinding(host.random.bytes(12)), stun);
    }
  }, TICK_MS);
  return {
    tally,
    stop: () => {
      clearInterval(timer);
      for (const socket of sockets) socket.close();
    },
  };
}

/** Two allocations that talk to each other through the server. */
export class RelayedPair {
  readonly #tally: Tally;
  readonly #ends: readonly [Allocation, Allocation];

  private constructor(tally: Tally, ends: readonly [Allocation, Allocation]) {
    this.#tally = tally;
    this.#ends = ends;
    for (const end of ends) {
      end.onData = () => void tally.came++;
      end.onClosed = () => void tally.lost++;
    }
  }

  static async open(host: Host, { turn, username, password }: Places, tally: Tally, over: 'udp' | 'tcp') {
    const ask = () => allocate(host, { server: turn, transport: over, username, password });
    const ends = [await ask(), await ask()] as const;
    await Promise.all([ends[0].bindChannel(ends[1].relayed), ends[1].bindChannel(ends[0].relayed)]);
    return new RelayedPair(tally, ends);
  }

  talk(): void {
    this.#tally.sent += 2;
    this.#ends[0].send(PAYLOAD, this.#ends[1].relayed);
    this.#ends[1].send(PAYLOAD, this.#ends[0].relayed);
  }

  close(): void {
    for (const end of this.#ends) end.close();
  }
}

/** A client of the broker that talks to itself. */
export class MqttTalker {
  readonly #client: MqttClient;
  readonly #tally: Tally;
  readonly #topic = topicOf(randomBytes(33));

  private constructor(client: MqttClient, tally: Tally) {
    this.#client = client;
    this.#tally = tally;
    client.on('message', () => void tally.came++);
    client.on('close', () => void (client.disconnecting || tally.lost++));
  }

  static async open({ mqtt: { address, port }, username, password }: Places, tally: Tally): Promise<MqttTalker> {
    const client = await mqtt.connectAsync({ host: address, port, username, password, reconnectPeriod: 0 });
    const talker = new MqttTalker(client, tally);
    await client.subscribeAsync(talker.#topic, { qos: 0 });
    return talker;
  }

  talk(): void {
    this.#tally.sent++;
    this.#client.publish(this.#topic, PAYLOAD, { qos: 1 });
  }

  async close(): Promise<void> {
    await this.#client.endAsync();
  }
}

/** What is no message of any protocol, to every port, over UDP and TCP. */
export async function flood(host: Host, { stun, turn, mqtt: broker }: Places): Promise<{ stop(): void }> {
  const socket = await host.udp.bind({ address: '127.0.0.1' });
  const timer = setInterval(() => {
    for (let count = 0; count < 20; count++) {
      const noise = randomBytes(1 + Math.floor(Math.random() * 600));
      socket.send(noise, count % 2 === 0 ? stun : turn);
    }
    for (const server of [stun, turn, broker]) {
      const dialled = host.tcp.dial(server, { timeoutMs: 1000 });
      dialled.then(
        (connection) => {
          connection.start({ data: () => {}, end: () => connection.reset(), drained: () => {}, closed: () => {} });
          connection.send(randomBytes(300));
          setTimeout(() => connection.reset(), 500);
        },
        () => {},
      );
    }
  }, TICK_MS * 5);
  return {
    stop: () => {
      clearInterval(timer);
      socket.close();
    },
  };
}
