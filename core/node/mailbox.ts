import type { Clock, Timer } from '../ports/index.ts';
import { MAX_PAYLOAD, MAX_PLUGINS, type PluginEntry } from '../wire/session-message.ts';

/** How long a message waits for company: plugins that finish together share one signal message. */
const COALESCE_MS = 5;
const MAX_QUEUED = 64;

/** Sorts what the plugins of a session say to each other over the signal channel. */
export class Mailbox {
  readonly #clock: Clock;
  readonly #post: (entries: readonly PluginEntry[]) => void;
  readonly #inboxes = new Map<string, Inbox>();
  #outbox: PluginEntry[] = [];
  #timer: Timer | undefined;
  #closed = false;

  /** @param post sends a batch on its way */
  constructor(clock: Clock, post: (entries: readonly PluginEntry[]) => void) {
    this.#clock = clock;
    this.#post = post;
  }

  send(plugin: string, payload: Uint8Array): void {
    if (payload.length > MAX_PAYLOAD) {
      throw new RangeError(`${plugin}: a message of ${payload.length} bytes, at most ${MAX_PAYLOAD}`);
    }
    this.#put({ plugin, payload });
  }

  /** Tells the peer that a plugin's try has ended here without success. */
  sendEnd(plugin: string, reason: string): void {
    this.#put({ plugin, payload: Buffer.from(reason).subarray(0, MAX_PAYLOAD), ended: true });
  }

  #put(entry: PluginEntry): void {
    if (this.#closed) return;
    this.#outbox.push(entry);
    if (this.#outbox.length >= MAX_PLUGINS) this.#flush();
    else this.#timer ??= this.#clock.after(COALESCE_MS, () => this.#flush());
  }

  /** A message of the peer. What nobody asked for yet waits, within a limit. */
  deliver(plugin: string, payload: Uint8Array): void {
    this.#inboxes.get(plugin)?.put(payload);
  }

  receive(plugin: string, signal: AbortSignal): Promise<Uint8Array> {
    return this.#inboxes.get(plugin)!.take(signal);
  }

  /** Opens the inbox of a plugin that takes part in the session; there are no others. */
  open(plugin: string): void {
    if (!this.#inboxes.has(plugin)) this.#inboxes.set(plugin, new Inbox());
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#outbox = [];
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const entries = this.#outbox;
    this.#outbox = [];
    this.#post(entries);
  }
}

/** A bounded queue with waiting readers. */
export class Inbox<T = Uint8Array> {
  readonly #items: T[] = [];
  readonly #readers: ((item: T) => void)[] = [];

  /** False: the queue is full and the item was not taken. */
  put(item: T): boolean {
    const reader = this.#readers.shift();
    if (reader) reader(item);
    else if (this.#items.length < MAX_QUEUED) this.#items.push(item);
    else return false;
    return true;
  }

  take(signal: AbortSignal): Promise<T> {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift()!);
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#readers.splice(this.#readers.indexOf(reader), 1);
        reject(signal.reason);
      };
      const reader = (item: T) => {
        signal.removeEventListener('abort', abort);
        resolve(item);
      };
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      signal.addEventListener('abort', abort, { once: true });
      this.#readers.push(reader);
    });
  }

  /** Takes out what waits. */
  drain(): T[] {
    return this.#items.splice(0);
  }
}
