import { type Endpoint, formatEndpoint } from '../../core/net/endpoint.ts';
import { ForwardingConnection, ForwardingSocket } from '../../core/ports/forwarding.ts';
import type { Host, Tcp, TcpConnection, TcpSink, Udp, UdpSocket } from '../../core/ports/index.ts';

/** What went through the sockets of a host. */
export interface Traffic {
  /** Datagrams, dials and TCP writes. */
  readonly packets: number;
  /** Of them, without any header. */
  readonly bytes: number;
}

/**
 * A host whose sockets are looked at: they count what is sent, and say whom a mark was sent to or came from. The engine
 * does not know, so this tells how a pipe runs without asking it.
 */
export class WatchedHost implements Host {
  readonly clock: Host['clock'];
  readonly random: Host['random'];
  readonly signer: Host['signer'];
  readonly events: Host['events'];
  readonly udp: Udp;
  readonly tcp: Tcp;
  readonly tls?: NonNullable<Host['tls']>;
  readonly nat64Prefix?: NonNullable<Host['nat64Prefix']>;
  readonly #host: Host;
  readonly #seen = new Map<string, Endpoint>();
  #mark: Buffer | undefined;
  #packets = 0;
  #bytes = 0;

  constructor(host: Host) {
    this.#host = host;
    const { clock, random, signer, events, udp, tcp, tls } = host;
    [this.clock, this.random, this.signer, this.events] = [clock, random, signer, events];
    if (tls) this.tls = tls; // Nobody could look into that; its bytes are not counted.
    if (host.nat64Prefix) this.nat64Prefix = () => host.nat64Prefix!();
    this.udp = {
      bind: async (options) => new WatchedSocket(await udp.bind(options), (...seen) => this.#saw(...seen)),
    };
    this.tcp = {
      dial: async (remote, options) => {
        this.#packets++;
        return new WatchedConnection(await tcp.dial(remote, options), (...seen) => this.#saw(...seen));
      },
      listen: (options, accept) =>
        tcp.listen(options, (connection) => {
          accept(new WatchedConnection(connection, (...seen) => this.#saw(...seen)));
        }),
    };
  }

  interfaces(): ReturnType<Host['interfaces']> {
    return this.#host.interfaces();
  }

  defaultGateways(): ReturnType<Host['defaultGateways']> {
    return this.#host.defaultGateways();
  }

  get traffic(): Traffic {
    return { packets: this.#packets, bytes: this.#bytes };
  }

  /** Looks for these bytes from now on. */
  watch(mark: Uint8Array): void {
    this.#mark = Buffer.from(mark);
    this.#seen.clear();
  }

  /** Whom the mark was sent to, or came from. */
  get seen(): readonly Endpoint[] {
    return [...this.#seen.values()];
  }

  #saw(direction: 'sent' | 'came', bytes: Uint8Array, peer: Endpoint): void {
    if (direction === 'sent') {
      this.#packets++;
      this.#bytes += bytes.length;
    }
    if (!this.#mark || bytes.length < this.#mark.length) return;
    if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(this.#mark)) {
      this.#seen.set(formatEndpoint(peer), peer);
    }
  }
}

type See = (direction: 'sent' | 'came', bytes: Uint8Array, peer: Endpoint) => void;

class WatchedSocket extends ForwardingSocket {
  readonly #see: See;
  #handler: UdpSocket['onMessage'];

  constructor(socket: UdpSocket, see: See) {
    super(socket);
    this.#see = see;
    socket.onMessage = (data, from) => {
      see('came', data, from);
      this.#handler?.(data, from);
    };
  }

  override get onMessage(): UdpSocket['onMessage'] {
    return this.#handler;
  }

  override set onMessage(handler: UdpSocket['onMessage']) {
    this.#handler = handler;
  }

  override send(data: Uint8Array, to: Endpoint, ttl?: number): void {
    this.#see('sent', data, to);
    super.send(data, to, ttl);
  }
}

class WatchedConnection extends ForwardingConnection {
  readonly #see: See;

  constructor(connection: TcpConnection, see: See) {
    super(connection);
    this.#see = see;
  }

  override start(sink: TcpSink): void {
    super.start({
      data: (bytes) => {
        this.#see('came', bytes, this.remote);
        sink.data(bytes);
      },
      end: () => sink.end(),
      closed: (error) => sink.closed(error),
      drained: () => sink.drained(),
    });
  }

  override send(bytes: Uint8Array): boolean {
    this.#see('sent', bytes, this.remote);
    return super.send(bytes);
  }
}
