import type { Identity } from '../identity/identity.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { Host } from '../ports/index.ts';
import { decodeEnvelope } from '../wire/signal/envelope.ts';
import { MESSAGE_ID_LENGTH } from '../wire/signal/message-ids.ts';
import type { SignalContent } from '../wire/signal/signal-content.ts';
import { WireError } from '../wire/wire-error.ts';
import type { BrokerConfig, BrokerLink } from './broker-link.ts';
import { BrokerPool } from './broker-pool.ts';
import { Delivery } from './delivery.ts';
import { DEFAULT_OPENER_LIMITS, type OpenerLimits, type Refusal, type SignalMessage, SignalOpener } from './opener.ts';
import { OpeningGate } from './opening-gate.ts';
import { Receipts } from './receipts.ts';
import { SignalRoutes } from './routes.ts';
import { SignalSealer } from './sealer.ts';
import { SignalError } from './signal-error.ts';
import { topicOf } from './topic.ts';

export type { BrokerConfig } from './broker-link.ts';
export type { Refusal, SignalMessage } from './opener.ts';

export interface SignalChannelOptions {
  /** All that may be used. The node's key decides which of them are its homes: see {@link rankBrokers}. */
  readonly brokers: readonly BrokerConfig[];
  /** How many brokers to be reached at. When one fails, the next by rank stands in for it. @default 2 */
  readonly redundancy?: number;
  /** How often a quiet connection is probed. @default 30 */
  readonly keepaliveSeconds?: number;
  /** How long a broker may take from the dial to the subscription. @default 10000 */
  readonly connectTimeoutMs?: number;
  /** @default DEFAULT_OPENER_LIMITS */
  readonly limits?: Partial<OpenerLimits>;
}

export interface SendOptions {
  /** Where the receiver listens, as its address says. @default the homes that its key has on our list */
  readonly brokers?: readonly Endpoint[];
  /** Also connect to `brokers` that are not on our list. Not for what a stranger names! @default false */
  readonly dialUnknown?: boolean;
  /** The bytes of our own signed address, for a receiver that does not have it. @default none */
  readonly address?: Uint8Array;
  /** How long the message is worth anything to the receiver. @default 120000 */
  readonly ttlMs?: number;
  /** How long to go on trying. @default 15000 */
  readonly timeoutMs?: number;
  /** Whose word to wait for that it has the message: a broker may have it and the receiver not. @default receiver */
  readonly until?: 'broker' | 'receiver';
}

export type SignalHandler = (message: SignalMessage) => void;

export interface SignalCounters {
  /** Messages published, however often and however many brokers took them. */
  readonly sent: number;
  /** Messages taken. */
  readonly received: number;
  /** Messages that their receivers said they took. */
  readonly acknowledged: number;
  /** Receipts that no message could carry. */
  readonly receipts: number;
  /** Messages not taken, by reason. Those that came over a second broker are among the duplicates. */
  readonly refused: ReadonlyMap<Refusal, number>;
}

const KEEPALIVE_SECONDS = 30;
const CONNECT_TIMEOUT_MS = 10_000;
const REDUNDANCY = 2;
const TTL_MS = 120_000;
const SEND_TIMEOUT_MS = 15_000;
const MAX_UNSENT = 128;

interface Unsent {
  readonly to: Uint8Array;
  readonly delivery: Delivery;
}

/**
 * How nodes that have no path to each other yet talk: through brokers that both reach, which learn who talks to whom
 * and when, but neither what nor, unless they knew it, which keys. A message is published until its receiver says that
 * it has it, and taken at most once. Messages may overtake each other.
 *
 * @example
 * const channel = await SignalChannel.open(host, identity, { brokers: [{ endpoint }] });
 * channel.onMessage(({ from, kind, body }) => console.log(kind, body));
 * await channel.send(peer.publicKey, 'hello', new Uint8Array(0), { brokers: peer.brokers });
 */
export class SignalChannel {
  readonly #host: Host;
  readonly #sealer: SignalSealer;
  readonly #opener: SignalOpener;
  readonly #pool: BrokerPool;
  readonly #routes: SignalRoutes;
  readonly #receipts: Receipts;
  readonly #gate: OpeningGate;
  readonly #handlers = new Set<SignalHandler>();
  readonly #homeHandlers = new Set<(link: BrokerLink) => void>();
  /** By message id. */
  readonly #unsent = new Map<string, Unsent>();
  readonly #counters = { sent: 0, received: 0, acknowledged: 0, receipts: 0, refused: new Map<Refusal, number>() };
  #closed = false;

  private constructor(host: Host, identity: Identity, options: SignalChannelOptions) {
    this.#host = host;
    this.#sealer = new SignalSealer(host, identity);
    this.#receipts = new Receipts(host, (peer, payload) => this.#postReceipt(peer, payload));
    const limits = { ...DEFAULT_OPENER_LIMITS, ...options.limits };
    this.#opener = new SignalOpener(host, identity, limits, (...receipt) => this.#receipts.owe(...receipt));
    this.#gate = new OpeningGate(host.clock);
    const pool = {
      brokers: options.brokers,
      publicKey: identity.publicKey,
      redundancy: options.redundancy ?? REDUNDANCY,
      link: {
        topic: topicOf(identity.publicKey),
        keepaliveSeconds: options.keepaliveSeconds ?? KEEPALIVE_SECONDS,
        connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      },
    };
    this.#pool = new BrokerPool(host, pool, {
      message: (payload, link) => this.#receive(payload, link),
      changed: (link) => this.#changed(link),
    });
    this.#routes = new SignalRoutes(this.#pool);
  }

  /**
   * Connects to the brokers. Resolves when each home has answered or failed once, one second after the first answer at
   * the latest. None may be ready then: the channel goes on trying until it is closed.
   *
   * @throws RangeError if a broker wants TLS, which the host does not have
   */
  static async open(host: Host, identity: Identity, options: SignalChannelOptions): Promise<SignalChannel> {
    const channel = new SignalChannel(host, identity, options);
    if (options.brokers.length === 0) channel.#gate.open();
    await channel.#gate.opened;
    return channel;
  }

  /** Is there a broker through which we can be reached now? */
  get connected(): boolean {
    return this.#pool.homes.some((link) => link.ready);
  }

  /** The brokers through which we can be reached now, best first. */
  get readyBrokers(): readonly Endpoint[] {
    return this.#pool.homes.filter((link) => link.ready).map((link) => link.broker.endpoint);
  }

  get counters(): SignalCounters {
    return this.#counters;
  }

  /** Calls the handler for every message, from now on. @returns a function that takes it off again */
  onMessage(handler: SignalHandler): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Calls the handler when a connection to a broker was lost or made. @returns a function that takes it off again */
  onBrokerChange(handler: (broker: Pick<BrokerLink, 'broker' | 'ready'>) => void): () => void {
    this.#homeHandlers.add(handler);
    return () => this.#homeHandlers.delete(handler);
  }

  /**
   * Sends one message, and resolves when the receiver has it.
   *
   * @throws SignalError; RangeError if the receiver's key is none, or a limit of {@link SignalContent} is passed
   */
  async send(to: Uint8Array, kind: string, body: Uint8Array, options: SendOptions = {}): Promise<void> {
    if (this.#closed) throw new SignalError('closed', 'the signal channel is closed');
    if (this.#unsent.size >= MAX_UNSENT) throw new SignalError('overload', `${MAX_UNSENT} messages wait to be sent`);
    const { clock, random } = this.#host;
    const { address, brokers = [], dialUnknown = false } = options;
    const id = random.bytes(MESSAGE_ID_LENGTH);
    const acknowledged = this.#receipts.take(to);
    const content: SignalContent = {
      ...{ id, sentAtMs: clock.wallMs(), ttlMs: options.ttlMs ?? TTL_MS, kind, body },
      ...(address && { address }),
      ...(acknowledged.length > 0 && { acknowledged }),
    };
    const delivery = new Delivery(this.#host, {
      topic: topicOf(to),
      payload: this.#sealer.seal(to, content),
      timeoutMs: options.timeoutMs ?? SEND_TIMEOUT_MS,
      until: options.until ?? 'receiver',
      route: (attempt) => this.#routes.to(to, { brokers, dialUnknown }, attempt),
    });
    this.#unsent.set(nameOf(id), { to, delivery });
    this.#publish(delivery);
    try {
      await delivery.done;
    } finally {
      this.#unsent.delete(nameOf(id));
    }
  }

  /** Leaves the brokers. What was not sent yet fails with a SignalError. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#gate.open();
    this.#handlers.clear();
    this.#homeHandlers.clear();
    this.#receipts.close();
    for (const { delivery } of this.#unsent.values()) {
      delivery.fail(new SignalError('closed', 'the signal channel was closed'));
    }
    await this.#pool.close();
  }

  #publish(delivery: Delivery): void {
    const before = delivery.wasPublished;
    delivery.publish();
    if (!before && delivery.wasPublished) this.#counters.sent++;
  }

  #changed(link: BrokerLink): void {
    const { homes } = this.#pool;
    if (homes.every(({ settled }) => settled)) this.#gate.open();
    else if (link.ready) this.#gate.openSoon();
    for (const { delivery } of this.#unsent.values()) if (delivery.isIdle) this.#publish(delivery);
    if (homes.includes(link)) for (const handler of this.#homeHandlers) handler(link);
  }

  #postReceipt(peer: Uint8Array, payload: Buffer): void {
    const [link] = this.#routes.to(peer, { brokers: [], dialUnknown: false }, 0);
    if (!link) return;
    this.#counters.receipts++;
    link.publish(topicOf(peer), payload, () => {}); // A receipt that is lost is asked for again.
  }

  #receive(payload: Uint8Array, link: BrokerLink): void {
    if (this.#closed || this.#isReceipt(payload)) return;
    const result = this.#opener.open(payload);
    if (typeof result === 'string') {
      const { refused } = this.#counters;
      refused.set(result, (refused.get(result) ?? 0) + 1);
      return;
    }
    this.#counters.received++;
    this.#routes.heard(result.from, link);
    this.#settle(result.from, result.acknowledged);
    for (const { to, delivery } of this.#unsent.values()) {
      if (Buffer.compare(to, result.from) === 0) delivery.heard();
    }
    for (const handler of this.#handlers) handler(result);
  }

  #isReceipt(payload: Uint8Array): boolean {
    try {
      const envelope = decodeEnvelope(payload);
      if (envelope.type !== 'acknowledgement') return false;
      const receipt = this.#sealer.openAcknowledgement(envelope);
      if (receipt) this.#settle(receipt.receiverKey, receipt.ids);
      else this.#counters.refused.set('unreadable', (this.#counters.refused.get('unreadable') ?? 0) + 1);
      return true;
    } catch (error) {
      if (error instanceof WireError) return false; // and no message either, as the opener will say
      throw error;
    }
  }

  /** Only who was sent a message can acknowledge it. */
  #settle(by: Uint8Array, ids: readonly Uint8Array[]): void {
    for (const id of ids) {
      const unsent = this.#unsent.get(nameOf(id));
      if (!unsent || Buffer.compare(unsent.to, by) !== 0) continue;
      this.#counters.acknowledged++;
      unsent.delivery.acknowledge();
    }
  }
}

function nameOf(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');
}
