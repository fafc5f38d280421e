import type { Socket } from 'node:net';
import type { Endpoint } from '../net/endpoint.ts';
import { NetError } from '../net/error.ts';
import type { TcpConnection, TcpSink } from '../ports/index.ts';
import { netError } from './node-error.ts';

/**
 * One net.Socket. Where the system speaks less clearly than the port:
 *
 * - Nobody reads while the connection is paused, so a reset shows on the next send or {@link resume}.
 * - A reset that arrives together with data reads as the end of the stream, since libuv takes the hang-up after a
 *   short read for one. The next send then meets the reset.
 */
export class RealTcpConnection implements TcpConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #socket: Socket;
  #sink: TcpSink | undefined;
  #error: NetError | undefined;
  #aborted = false;
  #closed = false;

  /** @param socket connected and paused */
  constructor(socket: Socket, local: Endpoint, remote: Endpoint) {
    this.local = local;
    this.remote = remote;
    this.#socket = socket;
    socket.on('data', (bytes) => this.#hearing()?.data(bytes));
    socket.on('end', () => this.#hearing()?.end());
    socket.on('drain', () => this.#hearing()?.drained());
    socket.on('error', (error) => (this.#error ??= brokenBy(error)));
    socket.once('close', () => this.#close());
  }

  start(sink: TcpSink): void {
    const first = this.#sink === undefined;
    this.#sink = sink;
    if (!this.#closed) this.#socket.resume();
    else if (first) queueMicrotask(() => sink.closed(this.#error));
  }

  send(bytes: Uint8Array): boolean {
    if (this.#socket.writableEnded || this.#socket.destroyed) return true;
    return this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (this.#sink) this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  reset(): void {
    const socket = this.#socket;
    if (this.#aborted || socket.destroyed) return;
    this.#aborted = true;
    // libuv refuses to reset while a shutdown is under way, and Node then loses the handle (an open port for ever).
    // With nothing left to send the shutdown takes one turn of the loop.
    const shuttingDown = socket.writableEnded && socket.writableLength === 0 && !socket.writableFinished;
    if (shuttingDown) socket.once('finish', () => socket.resetAndDestroy());
    else socket.resetAndDestroy();
  }

  #hearing(): TcpSink | undefined {
    return this.#aborted ? undefined : this.#sink;
  }

  #close(): void {
    this.#closed = true;
    this.#sink?.closed(this.#aborted ? undefined : this.#error);
  }
}

/** Which of the two a reset reads as depends on what the system was asked first. */
function brokenBy(error: Error): NetError {
  const known = netError(error);
  return known.code === 'EPIPE' ? new NetError('ECONNRESET', known.message, { cause: error }) : known;
}
