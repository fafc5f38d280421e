import type { Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { Endpoint } from '../net/endpoint.ts';
import { NetError } from '../net/error.ts';
import { isAddress } from '../net/ip.ts';
import type {
  Events,
  TcpConnection,
  TcpListenOptions,
  Tls,
  TlsCertificate,
  TlsDialOptions,
  TlsListener,
} from '../ports/index.ts';
import { nodeEndpoint } from './node-endpoint.ts';
import { netError } from './node-error.ts';
import { dialSocket } from './real-tcp.ts';
import { RealTcpConnection } from './real-tcp-connection.ts';
import { listenTls } from './real-tls-listener.ts';

/** TLS over node:tls. */
export class RealTls implements Tls {
  readonly #events: Events;

  constructor(events: Events) {
    this.#events = events;
  }

  listen(
    options: TcpListenOptions,
    certificate: TlsCertificate,
    accept: (connection: TcpConnection) => void,
  ): Promise<TlsListener> {
    return listenTls(this.#events, options, certificate, accept);
  }

  async dial(remote: Endpoint, options: TlsDialOptions = {}): Promise<TcpConnection> {
    const carrier = await dialSocket(remote, options);
    const { localAddress, localPort } = carrier;
    const name = options.serverName ?? remote.address;
    const socket = connect({
      socket: carrier,
      host: name,
      // RFC 6066 allows no address there.
      ...(!isAddress(name) && { servername: name }),
      ...(options.ca && { ca: [...options.ca] }),
      minVersion: 'TLSv1.2',
    });
    await secured(socket, carrier, options);
    socket.pause();
    // The handle belongs to the TLS layer now, and Node has no reset for it: it closes instead.
    const close = () => void socket.destroy();
    return new RealTcpConnection(socket, nodeEndpoint(localAddress!, localPort!), remote, close);
  }
}

function secured(socket: TLSSocket, carrier: Socket, { timeoutMs, signal }: TlsDialOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: NetError): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.off('secureConnect', settle).off('error', fail);
      if (!error) {
        resolve();
        return;
      }
      socket.on('error', () => {}).destroy();
      carrier.destroy();
      reject(error);
    };
    const fail = (cause: Error): void => {
      const error = netError(cause);
      // What OpenSSL and the check of the certificate say has no counterpart among the codes of sockets.
      settle(error.code === 'EINVAL' ? new NetError('EPROTO', `TLS: ${cause.message}`, { cause }) : error);
    };
    const abort = (): void => settle(new NetError('ECANCELED'));
    const expire = (): void => settle(new NetError('ETIMEDOUT', `no TLS handshake within ${timeoutMs} ms`));
    const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs);
    signal?.addEventListener('abort', abort);
    socket.on('secureConnect', settle).on('error', fail);
  });
}
