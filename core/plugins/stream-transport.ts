import { NetError } from '../net/error.ts';
import type { TcpConnection } from '../ports/index.ts';
import type { Transport, TransportSink } from './transport.ts';

const HEADER = 4;
const MAX_MESSAGE = 1 << 20;
/** Until the peer has proved its key it may not make us hold more than a handshake needs. */
const MAX_STRANGER_MESSAGE = 1024;

/** Messages over a TCP connection: a 32-bit big-endian length before each. */
export class StreamTransport implements Transport {
  readonly protocol = 'tcp';
  readonly reliable = true;
  readonly maxMessage = MAX_MESSAGE;
  readonly #connection: TcpConnection;
  #sink: TransportSink | undefined;
  #limit = MAX_STRANGER_MESSAGE;
  #buffered: Uint8Array[] = [];
  #bufferedLength = 0;
  #paused = false;
  #closed = false;

  constructor(connection: TcpConnection) {
    this.#connection = connection;
  }

  /** The peer has proved its key: messages of full length are welcome. */
  trust(): void {
    this.#limit = MAX_MESSAGE;
  }

  start(sink: TransportSink): void {
    const first = this.#sink === undefined;
    this.#sink = sink;
    if (!first) return;
    this.#connection.start({
      data: (bytes) => this.#receive(bytes),
      end: () => this.#connection.end(),
      closed: (error) => this.#close(error),
      drained: () => this.#sink?.drained(),
    });
  }

  send(message: Uint8Array): boolean {
    if (message.length > MAX_MESSAGE) {
      throw new RangeError(`a message of ${message.length} bytes is over the limit of ${MAX_MESSAGE}`);
    }
    const frame = Buffer.allocUnsafe(HEADER + message.length);
    frame.writeUInt32BE(message.length, 0);
    frame.set(message, HEADER);
    return this.#connection.send(frame);
  }

  pause(): void {
    this.#paused = true;
    this.#connection.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#parse();
    if (!this.#paused) this.#connection.resume();
  }

  end(): void {
    this.#connection.end();
  }

  abort(): void {
    this.#connection.reset();
  }

  #receive(bytes: Uint8Array): void {
    this.#buffered.push(bytes);
    this.#bufferedLength += bytes.length;
    this.#sink?.reached?.();
    this.#parse();
  }

  /** Hands out whole messages for as long as nobody pauses. */
  #parse(): void {
    while (!this.#paused && !this.#closed && this.#bufferedLength >= HEADER) {
      const head = this.#front(HEADER);
      const length = head.readUInt32BE(0);
      if (length > this.#limit) {
        this.#connection.reset();
        this.#close(new NetError('EMSGSIZE', `the peer announced a message of ${length} bytes`));
        return;
      }
      if (this.#bufferedLength < HEADER + length) return;
      const frame = this.#front(HEADER + length);
      this.#drop(HEADER + length);
      this.#sink?.message(frame.subarray(HEADER, HEADER + length));
    }
  }

  /** The buffered bytes as one piece, at least `length` long. Joins chunks only when a frame spans several. */
  #front(length: number): Buffer {
    if (this.#buffered[0]!.length < length) this.#buffered = [Buffer.concat(this.#buffered)];
    const first = this.#buffered[0]!;
    return Buffer.from(first.buffer, first.byteOffset, first.length);
  }

  #drop(length: number): void {
    const first = this.#buffered[0]!;
    if (first.length === length) this.#buffered.shift();
    else this.#buffered[0] = first.subarray(length);
    this.#bufferedLength -= length;
  }

  #close(error?: NetError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sink?.closed(error);
  }
}
