import type { Endpoint } from '../net/endpoint.ts';
import { familyOf } from '../net/ip.ts';
import { ForwardingConnection, ForwardingSocket } from '../ports/forwarding.ts';
import type { TcpConnection, UdpSocket } from '../ports/index.ts';

export interface Translation {
  toIpv6(endpoint: Endpoint): Endpoint;
  toIpv4(endpoint: Endpoint): Endpoint | undefined;
}

/** An IPv6 socket that shows IPv4: it hears nobody else. */
export class TranslatedSocket extends ForwardingSocket {
  readonly #local: Endpoint;
  readonly #translation: Translation;
  #handler: UdpSocket['onMessage'];

  constructor(socket: UdpSocket, translation: Translation, local: Endpoint) {
    super(socket);
    this.#local = local;
    this.#translation = translation;
    socket.onMessage = (data, from) => {
      const peer = translation.toIpv4(from);
      if (peer) this.#handler?.(data, peer);
    };
  }

  override get local(): Endpoint {
    return this.#local;
  }

  override get onMessage(): UdpSocket['onMessage'] {
    return this.#handler;
  }

  override set onMessage(handler: UdpSocket['onMessage']) {
    this.#handler = handler;
  }

  override send(data: Uint8Array, to: Endpoint, ttl?: number): void {
    if (familyOf(to.address) === 4) super.send(data, this.#translation.toIpv6(to), ttl);
  }
}

/** A connection over IPv6 whose ends are shown as IPv4. */
export class TranslatedConnection extends ForwardingConnection {
  readonly #local: Endpoint;
  readonly #remote: Endpoint;

  constructor(connection: TcpConnection, local: Endpoint, remote: Endpoint) {
    super(connection);
    this.#local = local;
    this.#remote = remote;
  }

  override get local(): Endpoint {
    return this.#local;
  }

  override get remote(): Endpoint {
    return this.#remote;
  }
}
