import type { Endpoint } from '../net/endpoint.ts';
import { familyOf } from '../net/ip.ts';
import type { TcpConnection, TcpSink, UdpSocket } from '../ports/index.ts';

/** An IPv6 socket that shows IPv4: it hears nobody else. */
export class TranslatedSocket implements UdpSocket {
  readonly local: Endpoint;
  onMessage: UdpSocket['onMessage'];
  readonly #socket: UdpSocket;
  readonly #toIpv6: (endpoint: Endpoint) => Endpoint;

  constructor(
    socket: UdpSocket,
    translation: { toIpv6(endpoint: Endpoint): Endpoint; toIpv4(endpoint: Endpoint): Endpoint | undefined },
    local: Endpoint,
  ) {
    this.local = local;
    this.#socket = socket;
    this.#toIpv6 = (endpoint) => translation.toIpv6(endpoint);
    socket.onMessage = (data, from) => {
      const peer = translation.toIpv4(from);
      if (peer) this.onMessage?.(data, peer);
    };
  }

  get onError(): UdpSocket['onError'] {
    return this.#socket.onError;
  }

  set onError(handler: UdpSocket['onError']) {
    this.#socket.onError = handler;
  }

  send(data: Uint8Array, to: Endpoint, ttl?: number): void {
    if (familyOf(to.address) === 4) this.#socket.send(data, this.#toIpv6(to), ttl);
  }

  close(): void {
    this.#socket.close();
  }
}

/** A connection over IPv6 whose ends are shown as IPv4. */
export class TranslatedConnection implements TcpConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #connection: TcpConnection;

  constructor(connection: TcpConnection, local: Endpoint, remote: Endpoint) {
    this.#connection = connection;
    this.local = local;
    this.remote = remote;
  }

  start(sink: TcpSink): void {
    this.#connection.start(sink);
  }

  send(bytes: Uint8Array): boolean {
    return this.#connection.send(bytes);
  }

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  end(): void {
    this.#connection.end();
  }

  reset(): void {
    this.#connection.reset();
  }
}
