import { nodeIdOf } from '../identity/node-id.ts';
import type { NetError } from '../net/error.ts';
import type { Clock, Timer } from '../ports/index.ts';
import type { AttemptReport } from './attempt-report.ts';
import type { PipeLink } from './reliable/reliable-link.ts';
import { filterKey, type MessageFilter, matches, type ReceiveOptions, SUB_ALL, Subscription } from './subscription.ts';

/** Messages and bytes that may wait for a reader before a reliable pipe pushes back and an unreliable one drops. */
const MAX_WAITING_MESSAGES = 256;
const MAX_WAITING_BYTES = 4 << 20;

/** How long a closed pipe may take to carry away what is queued. */
const LINGER_MS = 5000;

/** Why a pipe closed. */
export interface CloseReason {
  readonly by: 'us' | 'peer' | 'network';
  readonly text: string;
}

/** Reading from or sending to a pipe that has closed. */
export class PipeClosed extends Error {
  override readonly name = 'PipeClosed';
  readonly reason: CloseReason;

  constructor(reason: CloseReason) {
    super(`the pipe was closed by ${reason.by === 'network' ? 'the network' : reason.by}: ${reason.text}`);
    this.reason = reason;
  }
}

export interface PipeOptions {
  readonly link: PipeLink;
  readonly clock: Clock;
  readonly peerKey: Uint8Array;
  readonly attempts: () => readonly AttemptReport[];
  /** Resolves when no better path is looked for any more. */
  readonly settled: Promise<void>;
}

export type MessageHandler = (message: Uint8Array, pipe: Pipe) => void;

/** A proven channel between two nodes. Message boundaries are kept; nothing is encrypted. */
export class Pipe implements AsyncIterable<Uint8Array> {
  /** False: messages may get lost or swapped. */
  readonly reliable: boolean;
  /** The longest message, in bytes. */
  readonly maxMessage: number;
  readonly peerKey: Uint8Array;
  readonly peerId: string;
  /** Resolves when no better path is looked for any more: a relayed pipe stays relayed then. Never rejects. */
  readonly settled: Promise<void>;
  /** Resolves when the pipe is closed; never rejects. */
  readonly closed: Promise<CloseReason>;
  /** Resolves when nothing of the pipe is left: what was queued has gone, or was given up; never rejects. */
  readonly released: Promise<void>;
  /** Messages that no reader wanted, or that came faster than an unreliable pipe was read. */
  dropped = 0;
  readonly #link: PipeLink;
  readonly #clock: Clock;
  readonly #attempts: () => readonly AttemptReport[];
  readonly #subscriptions = new Set<Subscription>();
  readonly #byFilter = new Map<string, Subscription>();
  /** Those that {@link recv} made: nobody says when such a reader has read enough. */
  readonly #casual = new Set<Subscription>();
  #lastRead: Subscription | undefined;
  readonly #handlers = new Set<MessageHandler>();
  /** Messages that came before there was any reader. */
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #paused = false;
  #writers: (() => void)[] = [];
  #blocked = false;
  #reason: CloseReason | undefined;
  #linger: Timer | undefined;
  #isReleased = false;
  #settle!: (reason: CloseReason) => void;
  #free!: () => void;

  /** @internal Nodes make pipes. */
  constructor(options: PipeOptions) {
    this.reliable = options.link.reliable;
    this.maxMessage = options.link.maxMessage;
    this.peerKey = options.peerKey;
    this.peerId = nodeIdOf(options.peerKey);
    this.settled = options.settled;
    this.#link = options.link;
    this.#clock = options.clock;
    this.#attempts = options.attempts;
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.released = new Promise((resolve) => {
      this.#free = resolve;
    });
    this.#link.start({
      message: (bytes) => this.#receive(bytes),
      closed: (error) => this.#ended(error),
      drained: () => this.#drained(),
    });
  }

  /** The plugin whose path carries the pipe now. */
  get plugin(): string {
    return this.#link.path.plugin;
  }

  /** Does the pipe run through a relay now? */
  get path(): 'direct' | 'relayed' {
    return this.#link.path.kind;
  }

  /** What carries the pipe now. */
  get protocol(): 'udp' | 'tcp' {
    return this.#link.path.transport.protocol;
  }

  /** How each plugin's try has ended at this end, so far. */
  get attempts(): readonly AttemptReport[] {
    return this.#attempts();
  }

  /**
   * Sends one message; resolves when there is room for the next.
   * @throws PipeClosed
   * @throws RangeError if the message is longer than `maxMessage`
   */
  async send(message: Uint8Array): Promise<void> {
    if (message.length > this.maxMessage) {
      throw new RangeError(`a message of ${message.length} bytes; this pipe carries at most ${this.maxMessage}`);
    }
    while (this.#blocked && !this.#reason) {
      await new Promise<void>((resume) => this.#writers.push(resume));
    }
    if (this.#reason) throw new PipeClosed(this.#reason);
    this.#blocked = !this.#link.send(message);
  }

  /**
   * The next message that the filter lets through. Equal filters share one queue: what comes between two calls is kept
   * for the next one, up to 256 messages; but only the filter that was read last can hold up a reliable pipe.
   * @throws PipeClosed once the pipe is closed and all has been read; ReceiveTimeout
   */
  recv(filter: MessageFilter = SUB_ALL, options: ReceiveOptions = {}): Promise<Uint8Array> {
    const key = filterKey(filter);
    let subscription = this.#byFilter.get(key);
    if (!subscription) {
      subscription = this.subscribe(filter);
      this.#byFilter.set(key, subscription);
      this.#casual.add(subscription);
    }
    this.#lastRead = subscription;
    this.#relieve();
    return subscription.recv(options);
  }

  /** A queue of its own for the messages that match, from now on; the first reader also gets what came before. */
  subscribe(filter: MessageFilter = SUB_ALL): Subscription {
    const subscription = new Subscription(filter, this.#clock, {
      onRead: () => this.#relieve(),
      onClose: (closed) => {
        this.#subscriptions.delete(closed);
        this.#relieve();
      },
    });
    this.#subscriptions.add(subscription);
    this.#hand();
    if (this.#reason) subscription.finish(new PipeClosed(this.#reason));
    return subscription;
  }

  /** Calls the handler for every message. @returns a function that takes it off again */
  onMessage(handler: MessageHandler): () => void {
    this.#handlers.add(handler);
    this.#hand();
    return () => this.#handlers.delete(handler);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const subscription = this.subscribe();
    try {
      yield* subscription;
    } finally {
      subscription.close(); // Whoever leaves the loop reads no more: its queue must not hold up the others.
    }
  }

  /** Tells the peer and closes after what is queued has gone. Closing twice does nothing. */
  close(text = 'closed'): void {
    if (this.#reason) return;
    this.#link.end(text);
    this.#finish({ by: 'us', text });
  }

  #receive(message: Uint8Array): void {
    if (this.#subscriptions.size === 0 && this.#handlers.size === 0) {
      if (!this.reliable && this.#full()) {
        this.dropped++;
        return;
      }
      this.#pending.push(message);
      this.#pendingBytes += message.length;
    } else this.#dispatch(message);
    if (this.#full()) this.#pushBack();
  }

  #dispatch(message: Uint8Array): void {
    let wanted = this.#handlers.size > 0;
    for (const handler of this.#handlers) handler(message, this);
    for (const subscription of this.#subscriptions) {
      if (!matches(subscription.filter, message, this.peerId)) continue;
      wanted = true;
      if (subscription.length < MAX_WAITING_MESSAGES || this.#holdsUp(subscription)) subscription.push(message);
      else this.dropped++;
    }
    if (!wanted) this.dropped++;
  }

  /** The first reader gets what waited. */
  #hand(): void {
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    for (const message of pending) this.#dispatch(message);
    this.#relieve();
  }

  #full(): boolean {
    if (this.#pending.length >= MAX_WAITING_MESSAGES || this.#pendingBytes >= MAX_WAITING_BYTES) return true;
    for (const subscription of this.#subscriptions) {
      const { length, bytes } = subscription;
      const long = length >= MAX_WAITING_MESSAGES || bytes >= MAX_WAITING_BYTES;
      if (long && this.#holdsUp(subscription)) return true;
    }
    return false;
  }

  /** Does the pipe wait for this reader, rather than drop what it does not read? */
  #holdsUp(subscription: Subscription): boolean {
    if (!this.reliable) return false;
    if (!this.#casual.has(subscription)) return true;
    return subscription === this.#lastRead && this.#handlers.size === 0;
  }

  #pushBack(): void {
    if (this.#paused || !this.reliable) return;
    this.#paused = true;
    this.#link.pause();
  }

  #relieve(): void {
    if (!this.#paused || this.#full()) return;
    this.#paused = false;
    this.#link.resume();
  }

  #drained(): void {
    this.#blocked = false;
    for (const resume of this.#writers.splice(0)) resume();
  }

  #ended(error: NetError | undefined): void {
    this.#release();
    const told = this.#link.closeReason;
    if (told !== undefined) this.#finish({ by: 'peer', text: told });
    else this.#finish({ by: 'network', text: error?.message ?? 'the connection ended without a word' });
  }

  #finish(reason: CloseReason): void {
    if (this.#reason) return;
    this.#reason = reason;
    for (const subscription of this.#subscriptions) subscription.finish(new PipeClosed(reason));
    for (const resume of this.#writers.splice(0)) resume();
    this.#settle(reason);
    // What is queued still has to go, and the other end has to hear of the end.
    if (reason.by === 'us') this.#linger = this.#clock.after(LINGER_MS, () => this.#release());
    else this.#release();
  }

  /** Frees the socket, wherever it came from. */
  #release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#linger?.cancel();
    this.#link.abort();
    this.#free();
  }
}
