import type { NetError } from '../../../core/net/error.ts';
import type { TcpSink } from '../../../core/ports/index.ts';
import type { ReceiveQueue } from './receive-queue.ts';

/**
 * Tells the sink what happened, in order. Only {@link run} calls the sink, and only the connection's own events (a
 * segment, a timer, a zero-delay event) call {@link run}: no method that a user calls ever comes back to them.
 */
export class Delivery {
  readonly #queue: ReceiveQueue;
  #sink: TcpSink | undefined;
  #paused = false;
  #ended = false;
  #drained = false;
  #closed = false;
  #error: NetError | undefined;

  constructor(queue: ReceiveQueue) {
    this.#queue = queue;
  }

  start(sink: TcpSink): void {
    this.#sink = sink;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  /** The peer sends no more. Told after the bytes before it. */
  end(): void {
    this.#ended = true;
  }

  drained(): void {
    this.#drained = true;
  }

  /** Both halves are done. Told after all bytes and the end. */
  close(): void {
    this.#closed = true;
  }

  /** The connection is gone; what was not read is flushed (RFC 9293 section 3.10.7.4, second). Told even if paused. */
  abort(error: NetError | undefined): void {
    this.flush();
    this.#closed = true;
    this.#error = error;
  }

  /** Drops what was not told yet, but for the close. */
  flush(): void {
    this.#queue.clear();
    this.#ended = false;
    this.#drained = false;
  }

  /** Tells nothing, ever again. */
  silence(): void {
    this.abort(undefined);
    this.#closed = false;
    this.#sink = undefined;
  }

  run(): void {
    while (this.#tellNext());
  }

  /** The sink may change everything here from within a call, so each is looked up afresh. */
  #tellNext(): boolean {
    const sink = this.#sink;
    if (!sink) return false;
    if (!this.#paused) {
      const bytes = this.#queue.shift();
      if (bytes) {
        sink.data(Buffer.from(bytes)); // a copy: the sender, repeated packets and traces share the original
        return true;
      }
      if (this.#ended) {
        this.#ended = false;
        sink.end();
        return true;
      }
    }
    if (this.#drained) {
      this.#drained = false;
      sink.drained();
      return true;
    }
    if (!this.#closed || this.#ended || this.#queue.length > 0) return false;
    this.#sink = undefined; // it is done; another may still be started, and hears of it too
    sink.closed(this.#error);
    return false;
  }
}
