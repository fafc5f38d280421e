import { MqttClient } from 'mqtt';
import { type Endpoint, formatEndpoint } from '../net/endpoint.ts';
import type { Host, Timer, TlsDialOptions } from '../ports/index.ts';
import { MAX_ENVELOPE_LENGTH } from '../wire/signal/envelope.ts';
import { Backoff } from './backoff.ts';
import { MqttGuard } from './mqtt-guard.ts';
import { TcpStream, type TcpStreamOptions } from './tcp-stream.ts';

/** One MQTT 3.1.1 broker. */
export interface BrokerConfig {
  readonly endpoint: Endpoint;
  /** @default the broker takes anonymous clients */
  readonly username?: string;
  /** @default none */
  readonly password?: string;
  /** Connect by TLS, on a host that has it. @default plain TCP: messages are encrypted and signed all the same */
  readonly tls?: Pick<TlsDialOptions, 'serverName' | 'ca'>;
}

export interface LinkOptions {
  readonly topic: string;
  /** MQTT 3.1.1 section 3.1.2.10, in seconds. */
  readonly keepaliveSeconds: number;
  /** From the dial to the broker's answer to the subscription. */
  readonly connectTimeoutMs: number;
}

export interface LinkEvents {
  message(payload: Uint8Array): void;
  /** The link became ready, or a try to make it so failed. */
  changed(link: BrokerLink): void;
}

/** Room for the topic and the packet id beside the longest message. */
const MAX_PACKET_LENGTH = MAX_ENVELOPE_LENGTH + 256;
/** What the broker gets for an acknowledgement as long as it says anything at all. */
const ACK_TIMEOUT_MS = 10_000;
/**
 * It says nothing at all for so long after we published: the connection is dead. A NAT that has forgotten it, or has got
 * another address, drops what we send without a word, and TCP goes on for minutes. Twice as long after each such end,
 * since some links only pause.
 */
const SILENCE_MS = 1500;
/** The same in round trips, for links of long ones. */
const SILENCE_TRIPS = 8;
/** How long the goodbye may take to get out. */
const CLOSE_TIMEOUT_MS = 1000;
const MAX_UNACKED = 256;
/** A link that lasted this long starts its back-off from the beginning. */
const STABLE_US = 10e6;

type Done = (error?: Error) => void;

/**
 * The connection to one broker: dials, subscribes, and starts again whenever it breaks. Every connection has an MQTT.js
 * client of its own, so nothing of an old one is sent twice.
 */
export class BrokerLink {
  readonly broker: BrokerConfig;
  /** Has the first try ended, well or not? */
  settled = false;
  /** Did the last try, or the connection that it made, fail? */
  failing = false;
  readonly #host: Host;
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  readonly #clientId: string;
  readonly #backoff: Backoff;
  readonly #unacked = new Set<Done>();
  #client: MqttClient | undefined;
  /** While connecting: when to give up. Between two connections: when to try again. */
  #timer: Timer | undefined;
  #readyAt: number | undefined;
  /** When the broker was heard last. */
  #heardUs = 0;
  #tripMs = 0;
  #silences = 0;
  /** What went wrong with the present connection. */
  #why: string | undefined;
  #closing: Promise<void> | undefined;
  #gone: (() => void) | undefined;

  /** @throws RangeError if the broker wants TLS, which the host does not have */
  constructor(host: Host, broker: BrokerConfig, options: LinkOptions, events: LinkEvents) {
    if (broker.tls && !host.tls) {
      throw new RangeError(`the broker ${formatEndpoint(broker.endpoint)} wants TLS, which this host does not have`);
    }
    this.#host = host;
    this.broker = broker;
    this.#options = options;
    this.#events = events;
    this.#backoff = new Backoff(host.random);
    // At most 23 letters and digits, which every broker takes. Nobody can guess it, so nobody can take the session over.
    this.#clientId = `p${Buffer.from(host.random.bytes(11)).toString('hex')}`;
    this.#connect();
  }

  /** Can it publish now, and does it hear what is published for us? */
  get ready(): boolean {
    return this.#readyAt !== undefined;
  }

  /** Is it ready, and does the broker keep up with what we publish? */
  get accepting(): boolean {
    return this.ready && this.#unacked.size < MAX_UNACKED;
  }

  /** Publishes and calls `done` once: without an error when the broker has the message. The link must be accepting. */
  publish(topic: string, payload: Buffer, done: Done): void {
    const settle: Done = (error) => {
      if (!this.#unacked.delete(settle)) return;
      timer.cancel();
      done(error);
    };
    const client = this.#client!;
    const { clock } = this.#host;
    const sentUs = clock.now();
    const silenceMs = Math.min(
      ACK_TIMEOUT_MS,
      Math.max(SILENCE_MS, SILENCE_TRIPS * this.#tripMs) * 2 ** this.#silences,
    );
    let timer = clock.after(silenceMs, () => {
      if (this.#heardUs <= sentUs) this.#silent(client);
      else timer = clock.after(ACK_TIMEOUT_MS - silenceMs, () => this.#silent(client));
    });
    this.#unacked.add(settle);
    client.publish(topic, payload, { qos: 1 }, (error) => settle(error ?? undefined));
  }

  #silent(client: MqttClient): void {
    this.#silences++;
    this.#why = 'the broker fell silent';
    client.stream.destroy();
  }

  /** Says goodbye to the broker and resolves when the connection is left to the system. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => this.#leave(resolve));
    return this.#closing;
  }

  #leave(gone: () => void): void {
    this.#timer?.cancel();
    this.#gone = gone;
    const client = this.#client;
    if (!client) {
      gone();
      return;
    }
    const inGoodOrder = this.ready && this.#unacked.size === 0;
    this.#failUnacked();
    this.#timer = this.#host.clock.after(CLOSE_TIMEOUT_MS, () => client.stream.destroy());
    // DISCONNECT, then FIN; there is nothing more to hear (MQTT 3.1.1 section 3.14.4).
    if (inGoodOrder) client.stream.once('finish', () => client.stream.destroy());
    client.end(!inGoodOrder);
  }

  #connect(): void {
    const { username, password } = this.broker;
    const { connectTimeoutMs, keepaliveSeconds } = this.#options;
    const guard = new MqttGuard(MAX_PACKET_LENGTH);
    const accept = (bytes: Uint8Array) => guard.accept(bytes);
    const client = new MqttClient(() => this.#dial({ timeoutMs: connectTimeoutMs, accept }), {
      clientId: this.#clientId,
      protocolVersion: 4,
      clean: true,
      keepalive: keepaliveSeconds,
      connectTimeout: connectTimeoutMs,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      timerVariant: 'native',
      log: () => {},
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    });
    this.#client = client;
    // Whatever goes wrong ends the connection; what follows from that is done when it is closed.
    const drop = () => client.stream.destroy();
    this.#timer = this.#host.clock.after(connectTimeoutMs, drop);
    client.on('connect', () => this.#subscribe(client));
    client.on('packetreceive', (packet) => {
      this.#heardUs = this.#host.clock.now();
      // We subscribed at QoS 0. MQTT.js keeps each QoS 2 message until the broker releases it, and has no limit.
      if (packet.cmd === 'publish' && packet.qos === 2) drop();
    });
    client.on('message', (topic, payload) => {
      if (topic === this.#options.topic) this.#events.message(payload);
    });
    client.on('error', (error) => {
      this.#why = error.message;
      drop();
    });
    client.on('close', () => this.#disconnected());
  }

  #dial(options: { timeoutMs: number } & TcpStreamOptions): TcpStream {
    const { endpoint, tls } = this.broker;
    const { clock, tcp, tls: secured } = this.#host;
    return TcpStream.dialBy(clock, options, (limits) =>
      tls ? secured!.dial(endpoint, { ...tls, ...limits }) : tcp.dial(endpoint, limits),
    );
  }

  #subscribe(client: MqttClient): void {
    const askedUs = this.#host.clock.now();
    // QoS 1 on the way down would cost an acknowledgement and guarantee no more: in a clean session the broker forgets
    // what is unacknowledged when the connection breaks (MQTT 3.1.1 section 3.1.2.4), and until then TCP carries it.
    client.subscribe(this.#options.topic, { qos: 0 }, (error) => {
      if (client !== this.#client || this.#gone) return;
      if (error) {
        this.#why = error.message;
        client.stream.destroy();
        return;
      }
      this.#timer!.cancel();
      this.#readyAt = this.#host.clock.now();
      this.#tripMs = (this.#readyAt - askedUs) / 1000;
      this.settled = true;
      this.failing = false;
      this.#events.changed(this);
    });
  }

  #disconnected(): void {
    const { clock } = this.#host;
    const lastedUs = this.#readyAt === undefined ? 0 : clock.now() - this.#readyAt;
    this.#client = undefined;
    this.#readyAt = undefined;
    this.settled = true;
    this.failing = true;
    this.#timer?.cancel();
    this.#failUnacked();
    if (this.#gone) {
      this.#gone();
      return;
    }
    const broker = formatEndpoint(this.broker.endpoint);
    this.#host.events.emit('broker-lost', { broker, reason: this.#why ?? 'the connection ended' });
    this.#why = undefined;
    if (lastedUs >= STABLE_US) {
      this.#backoff.reset();
      this.#silences = 0;
    }
    this.#timer = clock.after(this.#backoff.nextMs(), () => this.#connect());
    this.#events.changed(this);
  }

  #failUnacked(): void {
    for (const settle of this.#unacked) settle(new Error('the connection to the broker broke'));
  }
}
