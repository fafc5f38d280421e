import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { NetError } from '../net/error.ts';
import { familyOf, unspecifiedAddress } from '../net/ip.ts';
import type { Events, TcpConnection, TcpListenOptions, TlsCertificate, TlsListener } from '../ports/index.ts';
import { assertEndpoint, nodeEndpoint } from './node-endpoint.ts';
import { netError } from './node-error.ts';
import { listening } from './real-tcp.ts';
import { RealTcpConnection } from './real-tcp-connection.ts';

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Handshakes at a time: each holds memory, and costs a signature. */
const MAX_HANDSHAKES = 256;
const MAX_HANDSHAKES_PER_SOURCE = 16;

/** Listens for TLS: see {@link Tls.listen}. */
export async function listenTls(
  events: Events,
  options: TcpListenOptions,
  certificate: TlsCertificate,
  accept: (connection: TcpConnection) => void,
): Promise<TlsListener> {
  const family = options.family ?? familyOf(options.address ?? '0.0.0.0');
  const { address = unspecifiedAddress(family), port = 0 } = options;
  assertEndpoint(address, port);
  const server = checked(() =>
    createServer({
      ...contextOf(certificate),
      minVersion: 'TLSv1.2',
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      allowHalfOpen: true,
      noDelay: true,
    }),
  );
  const handshakes = new Handshakes(server);
  server.on('secureConnection', (socket) => {
    handshakes.over(socket);
    const connection = connectionOf(socket);
    if (connection) accept(connection);
    else socket.destroy();
  });
  await listening(server, address, port);
  server.on('error', (error) => events.emit('tcp.accept-failed', { code: netError(error).code }));
  const local = server.address() as { address: string; port: number };
  return {
    local: nodeEndpoint(local.address, local.port),
    close: () => void (server.listening && server.close()),
    renew: (next) => checked(() => server.setSecureContext({ ...contextOf(next), minVersion: 'TLSv1.2' })),
  };
}

function contextOf({ chain, privateKey }: TlsCertificate): { cert: string; key: string } {
  return { cert: chain, key: privateKey };
}

/** What OpenSSL says of a certificate has no code of a socket. */
function checked<T>(use: () => T): T {
  try {
    return use();
  } catch (cause) {
    throw new NetError('EPROTO', `the certificate can't be used: ${(cause as Error).message}`, { cause });
  }
}

/** Undefined if the peer has reset the connection already. */
function connectionOf(socket: TLSSocket): TcpConnection | undefined {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  if (!localAddress || !localPort || !remoteAddress || !remotePort) return undefined;
  socket.pause();
  // Node has no reset for a socket that the TLS layer has: it closes instead.
  const close = () => void socket.destroy();
  return new RealTcpConnection(
    socket,
    nodeEndpoint(localAddress, localPort),
    nodeEndpoint(remoteAddress, remotePort),
    close,
  );
}

/** Counts those who have not finished their handshake, and turns away who is too many. */
class Handshakes {
  readonly #sources = new Map<string, Set<string>>();
  #all = 0;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => this.#begin(socket));
    server.on('tlsClientError', (_error, socket) => socket.destroy());
  }

  over(socket: Socket): void {
    this.#end(socket.remoteAddress, socket.remotePort);
  }

  #begin(socket: Socket): void {
    const { remoteAddress: source, remotePort: port } = socket;
    const others = this.#sources.get(source ?? '') ?? new Set();
    if (source === undefined || this.#all >= MAX_HANDSHAKES || others.size >= MAX_HANDSHAKES_PER_SOURCE) {
      socket.destroy();
      return;
    }
    this.#all++;
    this.#sources.set(source, others.add(`${port}`));
    socket.once('close', () => this.#end(source, port));
  }

  #end(source: string | undefined, port: number | undefined): void {
    const others = this.#sources.get(source ?? '');
    if (!others?.delete(`${port}`)) return;
    this.#all--;
    if (others.size === 0) this.#sources.delete(source!);
  }
}
