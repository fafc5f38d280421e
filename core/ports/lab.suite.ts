import { expect } from 'vitest';
import type { Endpoint } from '../net/endpoint.ts';
import type { NetErrorCode } from '../net/error.ts';
import { isNetError } from '../net/error.ts';
import type { Clock, Host, Tcp, TcpConnection, TcpListener, TcpSink, UdpSocket } from './index.ts';

/** Two hosts that reach each other, in any world. On a real machine both may be that machine. */
export interface Lab {
  readonly hosts: readonly [Host, Host];
  /** Where each host is reached by the other. Both may be the same. */
  readonly addresses: readonly [string, string];
  /** An endpoint that the first host has a route to and that never answers a SYN. */
  silent(): Promise<Endpoint>;
  /** Runs a test's body where the world's time passes. */
  run<T>(body: () => Promise<T>): Promise<T>;
  /** Ends the world. Rejects if a socket was left open. */
  close(): Promise<void>;
}

export type MakeLab = () => Promise<Lab>;

/** A test function that runs `body` in a lab of its own. */
export function inLab(makeLab: MakeLab, body: (lab: Lab) => Promise<void>): () => Promise<void> {
  return async () => {
    const lab = await makeLab();
    await lab.run(() => body(lab));
    await lab.close();
  };
}

export async function expectNetError(code: NetErrorCode, operation: Promise<unknown>): Promise<void> {
  const error = await operation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(isNetError(error) ? error.code : error).toBe(code);
}

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

/** Long enough that what is on its way has arrived: two timers, with a turn of the event loop between them. */
export async function settle(clock: Clock): Promise<void> {
  await pause(clock, 50);
  await pause(clock, 1);
}

export interface Datagram {
  readonly text: string;
  readonly from: Endpoint;
}

/** Reads a socket like a queue. */
export class Inbox {
  readonly #waiting: ((datagram: Datagram) => void)[] = [];
  readonly #arrived: Datagram[] = [];

  constructor(socket: UdpSocket) {
    socket.onMessage = (data, from) => {
      const datagram = { text: Buffer.from(data).toString('latin1'), from };
      const taker = this.#waiting.shift();
      if (taker) taker(datagram);
      else this.#arrived.push(datagram);
    };
  }

  next(): Promise<Datagram> {
    const first = this.#arrived.shift();
    if (first) return Promise.resolve(first);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

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

  static async listen(tcp: Tcp, local: Endpoint): Promise<Acceptor> {
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
