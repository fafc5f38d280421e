import type { Socket } from 'node:net';
import type { Endpoint } from '../net/endpoint.ts';
import { NetError } from '../net/error.ts';
import type { TcpConnection, TcpSink } from '../ports/index.ts';
import { netError } from './node-error.ts';

/** Unsent bytes that break the connection: its owner ignores that `send` answers false. */
const SEND_LIMIT = 64 * 1024 * 1024;

/**
 * One net.Socket. Where the system speaks less clearly than the port:
 *
 * - Nobody reads while the connection is paused, nor after the peer's end, so a reset shows on the next send or
 *   {@link resume} then.
 * - A reset that arrives together with data reads as the end of the stream, since libuv takes the hang-up after a
 *   short read for one. The next send then meets the reset.
 */
export class RealTcpConnection implements TcpConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #socket: Socket;
  readonly #reset: () => void;
  #sink: TcpSink | undefined;
  #paused = false;
  #aborted = false;
  #closed = false;
  #error: NetError | undefined;

  /**
   * @param socket connected and paused
   * @param reset breaks the connection off
   */
  constructor(socket: Socket, local: Endpoint, remote: Endpoint, reset = () => void socket.resetAndDestroy()) {
    this.#reset = reset;
    this.local = local;
    this.remote = remote;
    this.#socket = socket;
    socket.on('data', (bytes) => this.#listener?.data(bytes));
    socket.on('end', () => this.#listener?.end());
    socket.on('drain', () => this.#listener?.drained());
    socket.on('error', (error) => {
      if (!this.#aborted) this.#error ??= netError(error);
    });
    socket.once('close', () => {
      this.#closed = true;
      this.#sink?.closed(this.#error);
    });
  }

  start(sink: TcpSink): void {
    const first = this.#sink === undefined;
    this.#sink = sink;
    if (!this.#closed) this.#read();
    else if (first) queueMicrotask(() => this.#sink?.closed(this.#error));
  }

  send(bytes: Uint8Array): boolean {
    const socket = this.#socket;
    if (this.#aborted || socket.writableEnded || socket.destroyed) return false;
    if (socket.writableLength + bytes.length > SEND_LIMIT) {
      this.#abort(new NetError('ENOBUFS', 'send answered false and was called again'));
      return false;
    }
    // A copy, since Node goes on reading the original for as long as it queues it.
    return socket.write(Buffer.from(bytes));
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#read();
  }

  end(): void {
    if (!this.#aborted) this.#socket.end();
  }

  reset(): void {
    this.#abort(undefined);
  }

  /** Who hears of anything but the end of all. */
  get #listener(): TcpSink | undefined {
    return this.#aborted ? undefined : this.#sink;
  }

  #read(): void {
    if (this.#sink && !this.#paused) this.#socket.resume();
  }

  #abort(error: NetError | undefined): void {
    const socket = this.#socket;
    if (this.#aborted || socket.destroyed) return;
    this.#aborted = true;
    this.#error = error;
    // libuv refuses to reset while a shutdown is under way, and Node then loses the handle: the port stays open for
    // ever. Since nothing is left to send by then, the shutdown is over within a turn of the event loop.
    const shuttingDown = socket.writableEnded && socket.writableLength === 0 && !socket.writableFinished;
    if (shuttingDown) socket.once('finish', () => this.#reset());
    else this.#reset();
  }
}
