import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../net/endpoint.ts';
import { NetError } from '../net/error.ts';
import { familyOf, unspecifiedAddress } from '../net/ip.ts';
import type { Events, Tcp, TcpConnection, TcpDialOptions, TcpListener, TcpListenOptions } from '../ports/index.ts';
import { type BoundSocket, bindShared } from './bound-socket.ts';
import { assertEndpoint, nodeEndpoint } from './node-endpoint.ts';
import { netError } from './node-error.ts';
import { RealTcpConnection } from './real-tcp-connection.ts';
import { routeSource } from './route-source.ts';

/**
 * TCP over node:net. libuv sets SO_REUSEADDR on every socket it binds, so one local port dials many remotes, and
 * listens after that. A port that listens dials where Node has `net.BoundSocket` and the listener was asked to share it.
 */
export class RealTcp implements Tcp {
  readonly #events: Events;
  /** Ports of listeners that share them, and how many do. */
  readonly #shared = new Map<number, number>();

  constructor(events: Events) {
    this.#events = events;
  }

  async dial(remote: Endpoint, options: TcpDialOptions = {}): Promise<TcpConnection> {
    const { localPort } = options;
    const socket = await dialSocket(remote, options, localPort !== undefined && this.#shared.has(localPort));
    return connectionOf(socket) ?? unconnected(socket);
  }

  async listen(options: TcpListenOptions, accept: (connection: TcpConnection) => void): Promise<TcpListener> {
    const family = options.family ?? familyOf(options.address ?? '0.0.0.0');
    const { address = unspecifiedAddress(family), port = 0 } = options;
    assertEndpoint(address, port);
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
    server.on('connection', (socket) => {
      const connection = connectionOf(socket);
      if (connection) accept(connection);
      else socket.destroy();
    });
    const bound = options.shared ? bindShared(address, port) : undefined;
    await listening(server, address, port, bound);
    // Such as too many open files: the connection is gone, the listener lives on.
    server.on('error', (error) => this.#events.emit('tcp.accept-failed', { code: netError(error).code }));
    const local = server.address() as { address: string; port: number };
    if (bound) this.#share(local.port, 1);
    return {
      local: nodeEndpoint(local.address, local.port),
      shared: bound !== undefined,
      close: () => {
        if (!server.listening) return;
        server.close();
        if (bound) this.#share(local.port, -1);
      },
    };
  }

  #share(port: number, more: number): void {
    const count = (this.#shared.get(port) ?? 0) + more;
    if (count > 0) this.#shared.set(port, count);
    else this.#shared.delete(port);
  }
}

/**
 * A connected socket that nobody reads from yet.
 *
 * @param shared a listener of ours shares the local port
 * @throws what {@link Tcp.dial} throws
 */
export async function dialSocket(remote: Endpoint, options: TcpDialOptions, shared = false): Promise<Socket> {
  const { localPort, timeoutMs, signal } = options;
  assertEndpoint(remote.address, remote.port);
  assertEndpoint(options.localAddress ?? remote.address, localPort ?? 0);
  if (signal?.aborted) throw new NetError('ECANCELED');
  // Node binds only what it is given an address for. A port that the system chose without a bind has no SO_REUSEADDR
  // and dials nobody else; bound to every address, it would collide with whoever listens on any of them.
  const localAddress = options.localAddress ?? routeSource(remote.address);
  const handle = shared
    ? bindShared(localAddress ?? unspecifiedAddress(familyOf(remote.address)), localPort!)
    : undefined;
  const source = handle ? { handle } : { localAddress, ...(localPort !== undefined && { localPort }) };
  const socket = connect({
    host: remote.address,
    port: remote.port,
    ...source,
    autoSelectFamily: false,
    allowHalfOpen: true,
    noDelay: true,
  });
  socket.pause(); // Else Node reads ahead into a buffer of its own.
  await connected(socket, timeoutMs, signal);
  return socket;
}

function connected(socket: Socket, timeoutMs: number | undefined, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: NetError): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.off('connect', settle).off('error', fail);
      if (error) {
        socket.on('error', () => {}).destroy();
        reject(error);
      } else {
        resolve();
      }
    };
    const fail = (error: Error): void => settle(netError(error));
    const abort = (): void => settle(new NetError('ECANCELED'));
    const expire = (): void => settle(new NetError('ETIMEDOUT', `no answer within ${timeoutMs} ms`));
    const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs);
    signal?.addEventListener('abort', abort);
    socket.on('connect', settle).on('error', fail);
  });
}

/** Resolves when a server listens. @throws NetError */
export function listening(server: Server, host: string, port: number, bound?: BoundSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(netError(error));
    server.once('error', fail);
    const settle = () => {
      server.off('error', fail);
      resolve();
    };
    if (bound) server.listen(bound, settle);
    else server.listen({ host, port, exclusive: true, ipv6Only: true }, settle);
  });
}

/** Undefined if the peer has reset the connection already, since the system then forgets who it was. */
function connectionOf(socket: Socket): TcpConnection | undefined {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  if (!localAddress || !localPort || !remoteAddress || !remotePort) return undefined;
  return new RealTcpConnection(socket, nodeEndpoint(localAddress, localPort), nodeEndpoint(remoteAddress, remotePort));
}

function unconnected(socket: Socket): never {
  socket.destroy();
  throw new NetError('ECONNRESET');
}
