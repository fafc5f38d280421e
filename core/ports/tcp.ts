import type { Endpoint, Family } from '../net/endpoint.ts';
import type { NetError } from '../net/error.ts';

/** Who hears of what happens on a connection. */
export interface TcpSink {
  data(bytes: Uint8Array): void;
  /** The peer sends no more (FIN); our half stays open. */
  end(): void;
  /** Last call ever: both halves are closed, or the connection broke, by `error`. */
  closed(error?: NetError): void;
  /** The buffer that made {@link TcpConnection.send} answer false is empty again. */
  drained(): void;
}

export interface TcpConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /**
   * Starts reading, or hands the connection to another sink. Before the first call nothing is read, and a connection
   * that closed meanwhile says so after it.
   */
  start(sink: TcpSink): void;
  /** Queues bytes. False: the buffer is full, wait for {@link TcpSink.drained}; the bytes are queued all the same. */
  send(bytes: Uint8Array): boolean;
  /** Stops reading: the window closes and the peer's sends back up. */
  pause(): void;
  resume(): void;
  /** Half close: FIN after what is queued. */
  end(): void;
  /** Abort: RST, and the local port is free at once. Does nothing on a closed connection. */
  reset(): void;
}

export interface TcpDialOptions {
  /** @default chosen by the route */
  readonly localAddress?: string;
  /**
   * One local port can dial many remotes at once. A port that is listening already can't dial (EADDRINUSE), unless its
   * listener is {@link TcpListener.shared}: dial first, listen second.
   * @default an ephemeral port
   */
  readonly localPort?: number;
  /** Gives up with ETIMEDOUT. @default the stack's own limit, about two minutes */
  readonly timeoutMs?: number;
  /** Gives up with ECANCELED. @default none */
  readonly signal?: AbortSignal;
}

export interface TcpListenOptions {
  /** @default the unspecified address of `family` */
  readonly address?: string;
  /** @default 4 */
  readonly family?: Family;
  /** @default 0, an ephemeral port */
  readonly port?: number;
  /** Asks for a port that dials while it listens, which not every host has: see {@link TcpListener.shared}. @default false */
  readonly shared?: boolean;
}

export interface TcpListener {
  readonly local: Endpoint;
  /** Can the port dial while it listens? @default false */
  readonly shared?: boolean;
  /** Stops listening; accepted connections live on. */
  close(): void;
}

export interface Tcp {
  /**
   * @throws NetError ECONNREFUSED, ECONNRESET (a simultaneous open that the peer broke off), ETIMEDOUT, EADDRINUSE,
   *   EADDRNOTAVAIL, EHOSTUNREACH, ENETUNREACH, EACCES (IPv6, prohibited on the way), ECANCELED
   */
  dial(remote: Endpoint, options?: TcpDialOptions): Promise<TcpConnection>;
  /** @throws NetError EADDRINUSE, EADDRNOTAVAIL */
  listen(options: TcpListenOptions, accept: (connection: TcpConnection) => void): Promise<TcpListener>;
}
