import { Aedes } from 'aedes';
import type { Endpoint, Family } from '../../net/endpoint.ts';
import type {
  Host,
  TcpConnection,
  TcpListener,
  TcpListenOptions,
  TlsCertificate,
  TlsListener,
} from '../../ports/index.ts';
import { MqttGuard } from '../../signal/mqtt-guard.ts';
import { TcpStream } from '../../signal/tcp-stream.ts';
import { TOPIC_PREFIX } from '../../signal/topic.ts';
import { MAX_ENVELOPE_LENGTH } from '../../wire/signal/envelope.ts';
import { sourceOf } from '../source-limiter.ts';
import { handlersOf, type MqttCredentials } from './mqtt-policy.ts';

export interface MqttServerLimits {
  /** Clients at a time. @default 1024 */
  readonly connections?: number;
  /** Clients at a time with one IPv4 address, or in one IPv6 /64. @default 64 */
  readonly connectionsPerAddress?: number;
  /** Longest payload in bytes. @default what the longest signal message takes */
  readonly payloadLength?: number;
  /** Topics that one client may subscribe to. @default 8 */
  readonly subscriptions?: number;
}

export interface MqttServerOptions {
  /** @default the unspecified address of `family` */
  readonly address?: string;
  /** @default 4 */
  readonly family?: Family;
  /** @default 1883; 0 is an ephemeral port */
  readonly port?: number;
  /** false: it listens nowhere, until {@link MqttServer.listen} or {@link MqttServer.listenTls} is called. @default true */
  readonly plain?: boolean;
  /** Who may connect. @default anyone */
  readonly credentials?: readonly MqttCredentials[];
  /** Only topics that begin with it exist. @default that of the signal channel */
  readonly topicPrefix?: string;
  readonly limits?: MqttServerLimits;
}

const DEFAULT_PORT = 1883;
const CONNECT_TIMEOUT_MS = 10_000;
/** How long a client may leave what we send it unread. */
const DRAIN_TIMEOUT_MS = 10_000;
/** Beside the payload: topic and packet id of a PUBLISH, all of a CONNECT. */
const PACKET_OVERHEAD = 1024;

/**
 * An MQTT 3.1.1 broker for signal messages: unmodified aedes over a host's TCP.
 *
 * @throws NetError EADDRINUSE, EADDRNOTAVAIL
 * @example
 * const server = await startMqttServer(host, { port: 0 });
 * console.log(formatEndpoint(server.local));
 * await server.close();
 */
export async function startMqttServer(host: Host, options: MqttServerOptions = {}): Promise<MqttServer> {
  const { limits = {} } = options;
  const maxPayloadLength = limits.payloadLength ?? MAX_ENVELOPE_LENGTH;
  const aedes = new Aedes({
    id: 'punchlab',
    connectTimeout: CONNECT_TIMEOUT_MS,
    drainTimeout: DRAIN_TIMEOUT_MS,
    ...handlersOf({
      credentials: options.credentials,
      topicPrefix: options.topicPrefix ?? TOPIC_PREFIX,
      maxPayloadLength,
      maxSubscriptions: limits.subscriptions ?? 8,
    }),
  });
  await aedes.listen();
  const server = new MqttServer(host, aedes, limits, maxPayloadLength + PACKET_OVERHEAD);
  const { address, family, port = DEFAULT_PORT } = options;
  if (options.plain === false) return server;
  try {
    await server.listen({ port, ...(address !== undefined && { address }), ...(family !== undefined && { family }) });
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

/** A running broker. See {@link startMqttServer}. */
export class MqttServer {
  readonly #host: Host;
  readonly #aedes: Aedes;
  readonly #limits: MqttServerLimits;
  readonly #maxPacketLength: number;
  readonly #streams = new Set<TcpStream>();
  readonly #perAddress = new Map<string, number>();
  readonly #listeners: TcpListener[] = [];
  #closed = false;

  /** Use {@link startMqttServer}. */
  constructor(host: Host, aedes: Aedes, limits: MqttServerLimits, maxPacketLength: number) {
    this.#host = host;
    this.#aedes = aedes;
    this.#limits = limits;
    this.#maxPacketLength = maxPacketLength;
  }

  /** Where it listens; the first place if there are several. */
  get local(): Endpoint {
    return this.#listeners[0]!.local;
  }

  /** Open connections, those of clients that said nothing yet included. */
  get connections(): number {
    return this.#streams.size;
  }

  /**
   * Listens in one more place, such as on the other family: whoever comes in there meets those who come in here.
   *
   * @throws NetError EADDRINUSE, EADDRNOTAVAIL
   */
  async listen(where: TcpListenOptions): Promise<void> {
    this.#listeners.push(await this.#host.tcp.listen(where, (connection) => this.#accept(connection)));
  }

  /**
   * Listens in one more place for clients that speak TLS (MQTT 3.1.1 section 5.4.5).
   *
   * @throws RangeError on a host without TLS; NetError EPROTO if the certificate can't be used, EADDRINUSE, EADDRNOTAVAIL
   */
  async listenTls(where: TcpListenOptions, certificate: TlsCertificate): Promise<Pick<TlsListener, 'local' | 'renew'>> {
    if (!this.#host.tls) throw new RangeError('this host has no TLS');
    const listener = await this.#host.tls.listen(where, certificate, (connection) => this.#accept(connection));
    this.#listeners.push(listener);
    return listener;
  }

  #accept(connection: TcpConnection): void {
    const { connections = 1024, connectionsPerAddress = 64 } = this.#limits;
    const source = sourceOf(connection.remote.address);
    const before = this.#perAddress.get(source) ?? 0;
    if (this.#closed || this.#streams.size >= connections || before >= connectionsPerAddress) {
      connection.reset();
      return;
    }
    this.#perAddress.set(source, before + 1);
    const guard = new MqttGuard(this.#maxPacketLength);
    const stream = TcpStream.over(connection, this.#host.clock, { accept: (bytes) => guard.accept(bytes) });
    this.#streams.add(stream);
    stream.once('close', () => {
      this.#streams.delete(stream);
      this.#leave(source);
    });
    this.#aedes.handle(stream);
  }

  /** Stops listening and disconnects every client. Closing twice does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const listener of this.#listeners) listener.close();
    await new Promise<void>((resolve) => this.#aedes.close(resolve));
    // aedes knows only those who sent a CONNECT.
    for (const stream of this.#streams) stream.destroy();
  }

  #leave(source: string): void {
    const left = this.#perAddress.get(source)! - 1;
    if (left > 0) this.#perAddress.set(source, left);
    else this.#perAddress.delete(source);
  }
}
