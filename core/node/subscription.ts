import type { Clock } from '../ports/index.ts';

/** Which messages to receive: those that meet every condition given. */
export interface MessageFilter {
  /** Node id of the sender. @default anybody */
  readonly from?: string;
  /** Matched against the message's bytes read as Latin-1, or a prefix of it. @default any message */
  readonly pattern?: RegExp | Uint8Array;
}

/** Every message. */
export const SUB_ALL: MessageFilter = Object.freeze({});

export interface ReceiveOptions {
  /** @default none: waits until the pipe closes */
  readonly timeoutMs?: number;
  /** Stops waiting, with its reason. @default none */
  readonly signal?: AbortSignal;
}

/** No message came in time. */
export class ReceiveTimeout extends Error {
  override readonly name = 'ReceiveTimeout';
}

export function matches(filter: MessageFilter, message: Uint8Array, from: string): boolean {
  if (filter.from !== undefined && filter.from !== from) return false;
  const { pattern } = filter;
  if (pattern === undefined) return true;
  if (!(pattern instanceof RegExp)) return Buffer.from(message.subarray(0, pattern.length)).equals(pattern);
  pattern.lastIndex = 0; // A pattern with the global or sticky flag must not remember the last message.
  return pattern.test(Buffer.from(message.buffer, message.byteOffset, message.length).toString('latin1'));
}

/** The same for filters that let the same messages through. */
export function filterKey({ from, pattern }: MessageFilter): string {
  const what = pattern instanceof RegExp ? String(pattern) : pattern && Buffer.from(pattern).toString('hex');
  return `${from ?? ''} ${what ?? ''}`;
}

interface Reader {
  resolve(message: Uint8Array): void;
  reject(error: Error): void;
}

/** A queue of the messages that a filter lets through. Iterating ends when the source closes in good order. */
export class Subscription implements AsyncIterable<Uint8Array> {
  readonly filter: MessageFilter;
  readonly #clock: Clock;
  readonly #onRead: () => void;
  readonly #onClose: (subscription: Subscription) => void;
  readonly #messages: Uint8Array[] = [];
  readonly #readers: Reader[] = [];
  #bytes = 0;
  #ended: { error: Error } | undefined;

  constructor(
    filter: MessageFilter,
    clock: Clock,
    hooks: { onRead(): void; onClose(subscription: Subscription): void },
  ) {
    this.filter = filter;
    this.#clock = clock;
    this.#onRead = hooks.onRead;
    this.#onClose = hooks.onClose;
  }

  /** Messages that wait. */
  get length(): number {
    return this.#messages.length;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Called by the source. */
  push(message: Uint8Array): void {
    const reader = this.#readers.shift();
    if (reader) {
      reader.resolve(message);
      return;
    }
    this.#messages.push(message);
    this.#bytes += message.length;
  }

  /** Called by the source: what waits can still be read, then every read fails with `error`. */
  finish(error: Error): void {
    this.#ended = { error };
    for (const reader of this.#readers.splice(0)) reader.reject(error);
  }

  /**
   * The next message.
   * @throws ReceiveTimeout; the signal's reason; the reason why the source closed
   */
  recv(options: ReceiveOptions = {}): Promise<Uint8Array> {
    const message = this.#messages.shift();
    if (message) {
      this.#bytes -= message.length;
      this.#onRead();
      return Promise.resolve(message);
    }
    if (this.#ended) return Promise.reject(this.#ended.error);
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    return this.#wait(options);
  }

  /** Receives no more. */
  close(): void {
    this.#onClose(this);
    this.finish(new Error('the subscription is closed'));
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for (;;) {
      if (this.#ended && this.#messages.length === 0) return;
      try {
        yield await this.recv();
      } catch (error) {
        if (this.#ended) return;
        throw error;
      }
    }
  }

  #wait({ timeoutMs, signal }: ReceiveOptions): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const settle = <T>(finish: (value: T) => void) => {
        return (value: T) => {
          timer?.cancel();
          signal?.removeEventListener('abort', abort);
          finish(value);
        };
      };
      const reader: Reader = { resolve: settle(resolve), reject: settle(reject) };
      const leave = (error: Error) => {
        const index = this.#readers.indexOf(reader);
        if (index >= 0) this.#readers.splice(index, 1);
        reader.reject(error);
      };
      const abort = () => leave(signal!.reason);
      const timeout = () => leave(new ReceiveTimeout(`no message within ${timeoutMs} ms`));
      const timer = timeoutMs === undefined ? undefined : this.#clock.after(timeoutMs, timeout);
      signal?.addEventListener('abort', abort, { once: true });
      this.#readers.push(reader);
    });
  }
}
