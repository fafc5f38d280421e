import type { Endpoint } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import type { Host, TcpConnection } from '../../ports/index.ts';
import { StreamFramer } from '../../wire/turn/stream-framer.ts';
import { WireError } from '../../wire/wire-error.ts';

export interface FramedTcpOptions {
  /** @default 256 */
  readonly maxConnections?: number;
  /** @default 32 */
  readonly maxConnectionsPerAddress?: number;
  /** A connection on which nothing came for so long, at most twice so long, is reset. @default 60,000 */
  readonly idleMs?: number;
  /** Longest message in bytes; a longer one ends its connection. @default 1,500 */
  readonly maxMessage?: number;
}

/** What the owner of a listener does with its connections. */
export interface FramedSink {
  /** One STUN or ChannelData message. */
  message(bytes: Buffer, connection: FramedConnection): void;
  /** The connection is gone. */
  closed(connection: FramedConnection): void;
  /** Must the connection stay though nothing comes in on it? */
  needed(connection: FramedConnection): boolean;
}

type Service = Pick<Host, 'clock' | 'tcp'>;

/** An accepted connection that carries STUN and ChannelData messages. */
export class FramedConnection {
  readonly remote: Endpoint;
  readonly #connection: TcpConnection;
  readonly #framer: StreamFramer;
  readonly #sink: FramedSink;
  #congested = false;
  #open = true;
  #active = true;

  constructor(connection: TcpConnection, sink: FramedSink, maxMessage: number) {
    this.remote = connection.remote;
    this.#connection = connection;
    this.#framer = new StreamFramer(maxMessage);
    this.#sink = sink;
  }

  /** Starts reading. */
  start(): void {
    const connection = this.#connection;
    connection.start({
      data: (bytes) => this.#receive(bytes),
      end: () => connection.end(),
      closed: () => this.#closed(),
      drained: () => {
        this.#congested = false;
        connection.resume();
      },
    });
  }

  /** The client does not read what we send: whatever may be dropped should be. */
  get congested(): boolean {
    return this.#congested;
  }

  /** Queues a message. A client that does not take its answers is not heard any further until it does. */
  send(bytes: Uint8Array): void {
    if (!this.#open || this.#connection.send(bytes)) return;
    this.#congested = true;
    this.#connection.pause();
  }

  reset(): void {
    this.#connection.reset();
    this.#closed();
  }

  /** Resets the connection if nothing came since the last call and nobody needs it. */
  sweep(): void {
    if (!this.#active && !this.#sink.needed(this)) this.reset();
    this.#active = false;
  }

  #receive(bytes: Uint8Array): void {
    this.#active = true;
    try {
      for (const frame of this.#framer.push(bytes)) {
        if (this.#open) this.#sink.message(frame, this);
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.reset();
    }
  }

  #closed(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#sink.closed(this);
  }
}

/**
 * Listens for connections that carry STUN and ChannelData messages, within limits.
 *
 * @throws NetError EADDRINUSE, EADDRNOTAVAIL
 */
export async function listenFramed(
  host: Service,
  endpoint: Endpoint,
  sink: FramedSink,
  options: FramedTcpOptions = {},
): Promise<{ close(): void }> {
  const { maxConnections = 256, maxConnectionsPerAddress = 32, idleMs = 60_000, maxMessage = 1500 } = options;
  const open = new Map<FramedConnection, { cancel(): void }>();
  const perAddress = new Map<string, number>();

  const tally = (address: string, change: number): void => {
    const count = (perAddress.get(address) ?? 0) + change;
    if (count > 0) perAddress.set(address, count);
    else perAddress.delete(address);
  };
  const watched: FramedSink = {
    message: (bytes, connection) => sink.message(bytes, connection),
    needed: (connection) => sink.needed(connection),
    closed: (connection) => {
      open.get(connection)?.cancel();
      open.delete(connection);
      tally(connection.remote.address, -1);
      sink.closed(connection);
    },
  };
  const watch = (connection: FramedConnection): void => {
    const timer = host.clock.after(idleMs, () => {
      watch(connection);
      connection.sweep();
    });
    open.set(connection, timer);
  };

  const { address, port } = endpoint;
  const listener = await host.tcp.listen({ address, port, family: familyOf(address) }, (connection) => {
    const from = connection.remote.address;
    if (open.size >= maxConnections || (perAddress.get(from) ?? 0) >= maxConnectionsPerAddress) {
      connection.reset();
      return;
    }
    tally(from, 1);
    const framed = new FramedConnection(connection, watched, maxMessage);
    watch(framed);
    framed.start();
  });
  return {
    close: () => {
      listener.close();
      for (const connection of [...open.keys()]) connection.reset();
    },
  };
}
