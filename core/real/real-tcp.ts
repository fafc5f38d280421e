import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../net/endpoint.ts';
import { NetError } from '../net/error.ts';
import { familyOf, unspecifiedAddress } from '../net/ip.ts';
import type { Events, Tcp, TcpConnection, TcpDialOptions, TcpListener, TcpListenOptions } from '../ports/index.ts';
import { assertEndpoint, nodeEndpoint } from './node-endpoint.ts';
import { netError } from './node-error.ts';
import { RealTcpConnection } from './real-tcp-connection.ts';
import { routeSource } from './route-source.ts';

/**
 * TCP over node:net. libuv sets SO_REUSEADDR on every socket it binds, so one local port dials many remotes, and
 * listens after that; no Node of today dials from a port that listens.
 */
export class RealTcp implements Tcp {
  readonly #events: Events;

  constructor(events: Events) {
    this.#events = events;
  }

  async dial(remote: Endpoint, options: TcpDialOptions = {}): Promise<TcpConnection> {
    const socket = await dialSocket(remote, options);
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
    await listening(server, address, port);
    // Such as too many open files: the connection is gone, the listener lives on.
    server.on('error', (error) => this.#events.emit('tcp.accept-failed', { code: netError(error).code }));
    const local = server.address() as { address: string; port: number };
    return {
      local: nodeEndpoint(local.address, local.port),
      close: () => void (server.listening && server.close()),
    };
  }
}

/** A connected socket that nobody reads from yet. @throws what {@link Tcp.dial} throws */
export async function dialSocket(remote: Endpoint, options: TcpDialOptions): Promise<Socket> {
  const { localPort, timeoutMs, signal } = options;
  assertEndpoint(remote.address, remote.port);
  assertEndpoint(options.localAddress ?? remote.address, localPort ?? 0);
  if (signal?.aborted) throw new NetError('ECANCELED');
  // Node binds only what it is given an address for. A port that the system chose without a bind has no SO_REUSEADDR
  // and dials nobody else; bound to every address, it would collide with whoever listens on any of them.
  const localAddress = options.localAddress ?? routeSource(remote.address);
  const socket = connect({
    host: remote.address,
    port: remote.port,
    localAddress,
    ...(localPort !== undefined && { localPort }),
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
export function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(netError(error));
    server.once('error', fail);
    server.listen({ host, port, exclusive: true, ipv6Only: true }, () => {
      server.off('error', fail);
      resolve();
    });
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
