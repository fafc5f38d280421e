import type { Endpoint } from '../net/endpoint.ts';
import type { Clock, Host, Tcp, TcpConnection, TcpListener, TcpListenOptions, TcpSink } from './index.ts';
import { type Lab, pause } from './lab.suite.ts';

/** Records what a connection says, in the order it says it. */
export class Recorder implements TcpSink {
  /** `data`, `end`, `closed` or `closed ECONNRESET`; a run of data counts once. */
  readonly log: string[] = [];
  readonly #chunks: Uint8Array[] = [];
  readonly #waiting: (() => void)[] = [];
  drains = 0;

  data(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    if (this.log.at(-1) !== 'data') this.log.push('data');
    this.#wake();
  }

  end(): void {
    this.log.push('end');
    this.#wake();
  }

  closed(error?: { code: string }): void {
    this.log.push(error ? `closed ${error.code}` : 'closed');
    this.#wake();
  }

  drained(): void {
    this.drains++;
    this.#wake();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.bytes.toString('latin1');
  }

  get isClosed(): boolean {
    return this.log.at(-1)?.startsWith('closed') ?? false;
  }

  /** Resolves once `condition` holds; it is asked again after everything that happens. */
  async until(condition: (recorder: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const waiter of this.#waiting.splice(0)) waiter();
  }
}

/** A listener whose connections are taken one by one. */
export class Acceptor {
  readonly #waiting: ((connection: TcpConnection) => void)[] = [];
  readonly #accepted: TcpConnection[] = [];
  #listener: TcpListener | undefined;

  static async listen(tcp: Tcp, local: TcpListenOptions): Promise<Acceptor> {
    const acceptor = new Acceptor();
    acceptor.#listener = await tcp.listen(local, (connection) => {
      const taker = acceptor.#waiting.shift();
      if (taker) taker(connection);
      else acceptor.#accepted.push(connection);
    });
    return acceptor;
  }

  get local(): Endpoint {
    return this.#listener!.local;
  }

  get shared(): boolean | undefined {
    return this.#listener!.shared;
  }

  next(): Promise<TcpConnection> {
    const first = this.#accepted.shift();
    if (first) return Promise.resolve(first);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#listener!.close();
  }
}

/** A port that nothing of the host uses. */
export async function freePort(host: Host, address: string): Promise<number> {
  const listener = await host.tcp.listen({ address }, () => {});
  listener.close();
  return listener.local.port;
}

/** A recorder that reads `connection` from now on. */
export function record(connection: TcpConnection): Recorder {
  const recorder = new Recorder();
  connection.start(recorder);
  return recorder;
}

/** Both ends of a connection from the first host to the second; nobody reads yet. The listener is closed again. */
export async function connectedPair(lab: Lab): Promise<[TcpConnection, TcpConnection]> {
  const acceptor = await Acceptor.listen(lab.hosts[1].tcp, { address: lab.addresses[1], port: 0 });
  const near = await lab.hosts[0].tcp.dial(acceptor.local);
  const far = await acceptor.next();
  acceptor.close();
  return [near, far];
}

/** Half closes both ends of a connection and waits until they are gone, so that no port stays in use. */
export async function closeBoth(near: [TcpConnection, Recorder], far: [TcpConnection, Recorder]): Promise<void> {
  near[0].end();
  far[0].end();
  await near[1].until((recorder) => recorder.isClosed);
  await far[1].until((recorder) => recorder.isClosed);
}

const CHUNK = 1024 * 1024;
const MOST_CHUNKS = 64;

/** Byte n of the stream is n mod 251, so that no chunk looks like the one before. */
const PERIOD = 251;
const PATTERN = Buffer.from(Array.from({ length: CHUNK + PERIOD }, (_, index) => index % PERIOD));

function patternAt(offset: number, length: number): Uint8Array {
  return PATTERN.subarray(offset % PERIOD, (offset % PERIOD) + length);
}

/**
 * Sends a pattern until there is no room for a while; the reader must not read. Slowness of the machine can only end
 * it sooner.
 *
 * @returns how many bytes were sent
 * @throws Error if the connection takes in anything
 */
export async function sendUntilStuck(connection: TcpConnection, recorder: Recorder, clock: Clock): Promise<number> {
  for (let sent = 0; sent < MOST_CHUNKS * CHUNK; ) {
    const drains = recorder.drains;
    const room = connection.send(patternAt(sent, CHUNK));
    sent += CHUNK;
    if (room) continue;
    const drained = recorder.until(() => recorder.drains > drains).then(() => true);
    if (!(await Promise.race([drained, pause(clock, 100).then(() => false)]))) return sent;
  }
  throw new Error(`${MOST_CHUNKS} MiB went into a connection that nobody reads`);
}

/** Where `bytes` differ from what {@link sendUntilStuck} sends; -1 if nowhere. */
export function patternBreak(bytes: Uint8Array): number {
  for (let offset = 0; offset < bytes.length; offset += CHUNK) {
    const chunk = bytes.subarray(offset, offset + CHUNK);
    if (Buffer.compare(chunk, patternAt(offset, chunk.length)) !== 0) return offset;
  }
  return -1;
}
