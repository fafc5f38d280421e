import type { Clock, Timer } from '../ports/index.ts';
import { MAX_PAYLOAD, MAX_PLUGINS, type PluginEntry, type SessionOpening } from '../wire/session-message.ts';

/** How long a message waits for company: plugins that finish together share one signal message. */
const COALESCE_MS = 1;
/** How long our part of the session's keys waits for a message to travel with. It is not needed before a path opens. */
const SHARE_WAIT_MS = 50;
const MAX_QUEUED = 64;

interface Box {
  readonly inbox: Inbox;
  readonly round: number;
}

/** What goes in one message. */
export interface Batch {
  readonly open?: SessionOpening;
  readonly entries: readonly PluginEntry[];
}

/** Sorts what the plugins of a session say to each other over the signal channel. */
export class Mailbox {
  readonly #clock: Clock;
  readonly #post: (batch: Batch) => void;
  readonly #boxes = new Map<string, Box>();
  #outbox: PluginEntry[] = [];
  #opening: SessionOpening | undefined;
  #timer: { readonly timer: Timer; readonly waitMs: number } | undefined;
  #closed = false;

  /** @param post sends a batch on its way, with what else is due */
  constructor(clock: Clock, post: (batch: Batch) => void) {
    this.#clock = clock;
    this.#post = post;
  }

  send(plugin: string, payload: Uint8Array): void {
    if (payload.length > MAX_PAYLOAD) {
      throw new RangeError(`${plugin}: a message of ${payload.length} bytes, at most ${MAX_PAYLOAD}`);
    }
    this.#put(plugin, payload);
  }

  /** Tells the peer that a plugin's try has ended here without success. */
  sendEnd(plugin: string, reason: string): void {
    this.#put(plugin, Buffer.from(reason).subarray(0, MAX_PAYLOAD), true);
  }

  /** The peer is to start these. What ends here in the same instant, since it can't be applied, goes with it. */
  sendOpening(opening: SessionOpening): void {
    if (this.#closed) return;
    const again = new Set(opening.plugins.map(({ plugin }) => plugin));
    const earlier = this.#opening?.plugins.filter(({ plugin }) => !again.has(plugin)) ?? [];
    this.#opening = { ...opening, plugins: [...earlier, ...opening.plugins] };
    this.#schedule(0);
  }

  /** Posts soon, if only an empty batch. */
  nudge(): void {
    if (!this.#closed) this.#schedule(SHARE_WAIT_MS);
  }

  /** A message of the peer. What nobody asked for yet waits, within a limit; what is of another try is dropped. */
  deliver({ plugin, round, payload }: PluginEntry): void {
    const box = this.#boxes.get(plugin);
    if (box?.round === round) box.inbox.put(payload);
  }

  receive(plugin: string, signal: AbortSignal): Promise<Uint8Array> {
    return this.#boxes.get(plugin)!.inbox.take(signal);
  }

  /** Opens an empty inbox for a try of a plugin that takes part in the session; there are no others. */
  open(plugin: string, round: number): void {
    if (this.#boxes.get(plugin)?.round !== round) this.#boxes.set(plugin, { inbox: new Inbox(), round });
  }

  close(): void {
    this.#closed = true;
    this.#timer?.timer.cancel();
    this.#outbox = [];
  }

  #put(plugin: string, payload: Uint8Array, ended = false): void {
    if (this.#closed) return;
    const round = this.#boxes.get(plugin)?.round ?? 0;
    this.#outbox.push({ plugin, payload, round, ...(ended && { ended }) });
    if (this.#outbox.length >= MAX_PLUGINS) this.#flush();
    else this.#schedule(COALESCE_MS);
  }

  #schedule(waitMs: number): void {
    if (this.#timer && this.#timer.waitMs <= waitMs) return;
    this.#timer?.timer.cancel();
    this.#timer = { waitMs, timer: this.#clock.after(waitMs, () => this.#flush()) };
  }

  #flush(): void {
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    const [entries, open] = [this.#outbox, this.#opening];
    this.#outbox = [];
    this.#opening = undefined;
    this.#post({ entries, ...(open && { open }) });
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
