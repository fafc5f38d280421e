import { Duplex } from 'node:stream';
import type { Endpoint } from '../net/endpoint.ts';
import { NetError } from '../net/error.ts';
import type { Clock, Tcp, TcpConnection, TcpDialOptions, TcpSink } from '../ports/index.ts';

export interface TcpStreamOptions {
  /** Sees the bytes before the reader does. False: the stream is destroyed instead. @default everything passes */
  readonly accept?: (bytes: Uint8Array) => boolean;
  /** How long the peer may take to close after we did, before the connection is reset. @default 5000 */
  readonly lingerMs?: number;
}

type Done = (error?: Error | null) => void;
interface Write {
  readonly bytes: Uint8Array;
  readonly done: Done;
}

const LINGER_MS = 5000;
const HIGH_WATER_MARK = 65_536;

/**
 * A TCP connection as the Node stream that MQTT.js and aedes expect, with the manners of a net.Socket: `destroy()`
 * closes in good order (FIN), `destroy(error)` resets, and the end of what the peer sends ends our half too.
 */
export class TcpStream extends Duplex {
  readonly #clock: Clock;
  readonly #options: TcpStreamOptions;
  #dialling: AbortController | undefined;
  #connection: TcpConnection | undefined;
  #paused = false;
  #gone = false;
  /** A write or the end, held back until the dial is through. */
  #early: Write | Done | undefined;
  /** The write whose bytes filled the connection's buffer. */
  #undrained: Done | undefined;

  private constructor(clock: Clock, options: TcpStreamOptions) {
    // Node's own default differs from version to version, and with it when a connection is paused.
    super({ allowHalfOpen: false, highWaterMark: HIGH_WATER_MARK });
    this.#clock = clock;
    this.#options = options;
  }

  /** A stream at once, which writes and reads as soon as the connection is there. */
  static dial(
    host: { readonly tcp: Tcp; readonly clock: Clock },
    remote: Endpoint,
    options: TcpStreamOptions & Pick<TcpDialOptions, 'timeoutMs'> = {},
  ): TcpStream {
    return TcpStream.dialBy(host.clock, options, (limits) => host.tcp.dial(remote, limits));
  }

  /** The same with a way to dial of the caller's choice, such as TLS. */
  static dialBy(
    clock: Clock,
    options: TcpStreamOptions & Pick<TcpDialOptions, 'timeoutMs'>,
    dial: (limits: Pick<TcpDialOptions, 'timeoutMs' | 'signal'>) => Promise<TcpConnection>,
  ): TcpStream {
    const stream = new TcpStream(clock, options);
    const dialling = new AbortController();
    stream.#dialling = dialling;
    const timeout = options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs };
    dial({ ...timeout, signal: dialling.signal }).then(
      (connection) => stream.#start(connection),
      (error: Error) => stream.destroy(error),
    );
    return stream;
  }

  static over(connection: TcpConnection, clock: Clock, options: TcpStreamOptions = {}): TcpStream {
    const stream = new TcpStream(clock, options);
    stream.#start(connection);
    return stream;
  }

  override _read(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#connection?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#send({ bytes: chunk, done });
  }

  /** What was written in one go leaves in one go: MQTT encoders write a packet field by field. */
  override _writev(chunks: { readonly chunk: Buffer }[], done: Done): void {
    this.#send({ bytes: Buffer.concat(chunks.map(({ chunk }) => chunk)), done });
  }

  override _final(done: Done): void {
    if (!this.#connection) {
      this.#early = done;
      return;
    }
    this.#connection.end();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    const connection = this.#connection;
    if (!connection) this.#dialling?.abort();
    else if (error) connection.reset();
    else if (!this.#gone && !(this.readableEnded && this.writableFinished))
      linger(connection, this.#clock, this.#options.lingerMs);
    this.#undrained?.(error ?? new NetError('ECANCELED'));
    this.#undrained = undefined;
    done(error);
  }

  #start(connection: TcpConnection): void {
    if (this.destroyed) {
      connection.reset();
      return;
    }
    this.#connection = connection;
    connection.start(this.#sink);
    const early = this.#early;
    this.#early = undefined;
    if (typeof early === 'function') this._final(early);
    else if (early) this.#send(early);
  }

  #send(write: Write): void {
    if (!this.#connection) this.#early = write;
    else if (this.#connection.send(write.bytes)) write.done();
    else this.#undrained = write.done;
  }

  readonly #sink: TcpSink = {
    data: (bytes) => {
      if (this.#options.accept?.(bytes) === false) {
        this.destroy(new NetError('EINVAL', 'the peer sent what it may not'));
      } else if (!this.push(bytes)) {
        this.#paused = true;
        this.#connection!.pause();
      }
    },
    end: () => {
      this.push(null);
    },
    drained: () => {
      const done = this.#undrained;
      this.#undrained = undefined;
      done?.();
    },
    closed: (error) => {
      this.#gone = true;
      if (error) this.destroy(error);
    },
  };
}

/** Closes a connection that nobody reads any more, as a system does: it may still send, but it need not be heard. */
function linger(connection: TcpConnection, clock: Clock, lingerMs = LINGER_MS): void {
  const timer = clock.after(lingerMs, () => connection.reset());
  connection.start({
    data: () => connection.reset(),
    end: () => {},
    drained: () => {},
    closed: () => timer.cancel(),
  });
  connection.resume();
  connection.end();
}
