import type { Identity } from '../identity/identity.ts';
import { type Endpoint, sameEndpoint } from '../net/endpoint.ts';
import type { Host, Timer } from '../ports/index.ts';
import { MESSAGE_ID_LENGTH, type SignalContent } from '../wire/signal/signal-content.ts';
import { type BrokerConfig, BrokerLink } from './broker-link.ts';
import { Delivery } from './delivery.ts';
import { DEFAULT_OPENER_LIMITS, type OpenerLimits, type Refusal, type SignalMessage, SignalOpener } from './opener.ts';
import { SignalSealer } from './sealer.ts';
import { SignalError } from './signal-error.ts';
import { topicOf } from './topic.ts';

export type { BrokerConfig } from './broker-link.ts';
export type { Refusal, SignalMessage } from './opener.ts';

export interface SignalChannelOptions {
  /** The channel keeps a connection to each. */
  readonly brokers: readonly BrokerConfig[];
  /** How often a quiet connection is probed. @default 30 */
  readonly keepaliveSeconds?: number;
  /** How long a broker may take from the dial to the subscription. @default 10000 */
  readonly connectTimeoutMs?: number;
  /** @default DEFAULT_OPENER_LIMITS */
  readonly limits?: Partial<OpenerLimits>;
}

export interface SendOptions {
  /** Where the receiver listens, as its address says. @default all brokers of the channel */
  readonly brokers?: readonly Endpoint[];
  /** The bytes of our own signed address, for a receiver that does not have it. @default none */
  readonly address?: Uint8Array;
  /** How long the message is worth anything to the receiver. @default 120000 */
  readonly ttlMs?: number;
  /** How long to go on trying to hand it to a broker. @default 15000 */
  readonly timeoutMs?: number;
}

export type SignalHandler = (message: SignalMessage) => void;

export interface SignalCounters {
  /** Messages published, however many brokers took them. */
  readonly sent: number;
  /** Messages taken. */
  readonly received: number;
  /** Messages not taken, by reason. Those that came over a second broker are among the duplicates. */
  readonly refused: ReadonlyMap<Refusal, number>;
}

const KEEPALIVE_SECONDS = 30;
const CONNECT_TIMEOUT_MS = 10_000;
const TTL_MS = 120_000;
const SEND_TIMEOUT_MS = 15_000;
/** Once one broker is ready the others get this long to be so too before {@link SignalChannel.open} returns. */
const GRACE_MS = 1000;
const MAX_UNSENT = 128;

/**
 * How nodes that have no path to each other yet talk: through brokers that both reach, which learn who talks to whom
 * and when, but neither what nor, unless they knew it, which keys. Messages arrive at most once, maybe never.
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
  readonly #links: readonly BrokerLink[];
  readonly #handlers = new Set<SignalHandler>();
  readonly #unsent = new Map<Delivery, readonly Endpoint[]>();
  readonly #counters = { sent: 0, received: 0, refused: new Map<Refusal, number>() };
  #opened: (() => void) | undefined;
  #grace: Timer | undefined;
  #closed = false;

  private constructor(host: Host, identity: Identity, options: SignalChannelOptions) {
    this.#host = host;
    this.#sealer = new SignalSealer(host, identity);
    this.#opener = new SignalOpener(host, identity, { ...DEFAULT_OPENER_LIMITS, ...options.limits });
    const linkOptions = {
      topic: topicOf(identity.publicKey),
      keepaliveSeconds: options.keepaliveSeconds ?? KEEPALIVE_SECONDS,
      connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    };
    const events = {
      message: (payload: Uint8Array) => this.#receive(payload),
      changed: (link: BrokerLink) => this.#changed(link),
    };
    this.#links = options.brokers.map((broker) => new BrokerLink(host, broker, linkOptions, events));
  }

  /**
   * Connects to the brokers. Resolves when each has answered or failed once, one second after the first answer at the
   * latest. None may be ready then: the channel goes on trying until it is closed.
   */
  static async open(host: Host, identity: Identity, options: SignalChannelOptions): Promise<SignalChannel> {
    const channel = new SignalChannel(host, identity, options);
    if (channel.#links.length > 0) await new Promise<void>((resolve) => (channel.#opened = resolve));
    return channel;
  }

  /** Is there a broker through which we can be reached now? */
  get connected(): boolean {
    return this.#links.some((link) => link.ready);
  }

  /** The brokers through which we can be reached now. */
  get readyBrokers(): readonly Endpoint[] {
    return this.#links.filter((link) => link.ready).map((link) => link.broker.endpoint);
  }

  get counters(): SignalCounters {
    return this.#counters;
  }

  /** Calls the handler for every message, from now on. @returns a function that takes it off again */
  onMessage(handler: SignalHandler): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /**
   * Sends one message. Resolves when a broker has it, which does not say that the receiver will.
   *
   * @throws SignalError; RangeError if the receiver's key is none, or a limit of {@link SignalContent} is passed
   */
  async send(to: Uint8Array, kind: string, body: Uint8Array, options: SendOptions = {}): Promise<void> {
    if (this.#closed) throw new SignalError('closed', 'the signal channel is closed');
    if (this.#unsent.size >= MAX_UNSENT) throw new SignalError('overload', `${MAX_UNSENT} messages wait to be sent`);
    const { clock, random } = this.#host;
    const { address } = options;
    const content: SignalContent = {
      id: random.bytes(MESSAGE_ID_LENGTH),
      sentAtMs: clock.wallMs(),
      ttlMs: options.ttlMs ?? TTL_MS,
      kind,
      ...(address && { address }),
      body,
    };
    const payload = this.#sealer.seal(to, content);
    const delivery = new Delivery(clock, topicOf(to), payload, options.timeoutMs ?? SEND_TIMEOUT_MS);
    this.#unsent.set(delivery, options.brokers ?? []);
    this.#publish(delivery);
    try {
      await delivery.done;
    } finally {
      this.#unsent.delete(delivery);
    }
  }

  /** Leaves the brokers. What was not sent yet fails with a SignalError. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#finishOpening();
    this.#handlers.clear();
    for (const delivery of this.#unsent.keys()) {
      delivery.fail(new SignalError('closed', 'the signal channel was closed'));
    }
    await Promise.all(this.#links.map((link) => link.close()));
  }

  #publish(delivery: Delivery): void {
    const links = this.#links.filter((link) => link.accepting);
    const hints = this.#unsent.get(delivery) ?? [];
    const named = links.filter((link) => hints.some((hint) => sameEndpoint(hint, link.broker.endpoint)));
    if (links.length > 0 && !delivery.wasPublished) this.#counters.sent++;
    delivery.publish(named.length > 0 ? named : links, () => {
      if (!this.#closed) this.#publish(delivery);
    });
  }

  #changed(link: BrokerLink): void {
    if (this.#opened) this.#noticeOpening(link);
    if (!link.ready) return;
    for (const delivery of this.#unsent.keys()) if (delivery.isIdle) this.#publish(delivery);
  }

  #noticeOpening(link: BrokerLink): void {
    if (this.#links.every(({ settled }) => settled)) this.#finishOpening();
    else if (link.ready) this.#grace ??= this.#host.clock.after(GRACE_MS, () => this.#finishOpening());
  }

  #finishOpening(): void {
    this.#grace?.cancel();
    this.#opened?.();
    this.#opened = undefined;
  }

  #receive(payload: Uint8Array): void {
    if (this.#closed) return;
    const result = this.#opener.open(payload);
    if (typeof result === 'string') {
      const { refused } = this.#counters;
      refused.set(result, (refused.get(result) ?? 0) + 1);
      return;
    }
    this.#counters.received++;
    for (const handler of this.#handlers) handler(result);
  }
}
