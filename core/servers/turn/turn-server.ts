import { type Endpoint, formatEndpoint } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import type { Host, UdpSocket } from '../../ports/index.ts';
import { type AttributeName, attributeOf } from '../../wire/stun/attribute.ts';
import { decodeMessage, isStun, type ReceivedMessage, unknownRequired } from '../../wire/stun/decode-message.ts';
import { METHOD } from '../../wire/stun/message.ts';
import { decodeChannelData, isChannelData } from '../../wire/turn/channel-data.ts';
import { WireError } from '../../wire/wire-error.ts';
import { SourceLimiter } from '../source-limiter.ts';
import { answerBinding } from '../stun/binding.ts';
import { type FramedConnection, listenFramed } from '../stun/framed-tcp.ts';
import { AllocateService } from './allocate-request.ts';
import type { Allocation } from './allocation.ts';
import { channelBind, createPermission, refresh } from './allocation-requests.ts';
import { Allocations } from './allocations.ts';
import { Authentication, type AuthenticRequest } from './authentication.ts';
import type { ClientLink } from './client-link.ts';
import { RelayPorts } from './relay-ports.ts';
import { TurnCounters } from './turn-counters.ts';
import { type ResolvedTurnOptions, resolveTurnOptions, type TurnServerOptions } from './turn-options.ts';

type Service = Pick<Host, 'clock' | 'random' | 'udp' | 'tcp'>;

/** What is understood in each request. DONT-FRAGMENT is not: a socket can't set the bit (RFC 8656 section 7.2). */
const UNDERSTOOD = new Map<number, ReadonlySet<AttributeName>>(
  (
    [
      [
        METHOD.allocate,
        [
          'requested-transport',
          'lifetime',
          'even-port',
          'reservation-token',
          'requested-address-family',
          'additional-address-family',
        ],
      ],
      [METHOD.refresh, ['lifetime', 'requested-address-family']],
      [METHOD.createPermission, ['xor-peer-address']],
      [METHOD.channelBind, ['channel-number', 'xor-peer-address']],
    ] as const
  ).map(([method, names]) => [method, new Set<AttributeName>(['username', 'realm', 'nonce', ...names])]),
);
const UNDERSTOOD_IN_SEND: ReadonlySet<AttributeName> = new Set(['xor-peer-address', 'data']);

/**
 * A TURN server (RFC 8656) for clients over UDP and TCP that relays UDP; it answers STUN Binding requests as well.
 * An unauthenticated request of 28 bytes is answered with about 80, never more than `realm` and a nonce of at most 24
 * characters need.
 *
 * @throws RangeError if there is no address to relay from; NetError EADDRINUSE, EADDRNOTAVAIL
 */
export async function startTurnServer(host: Service, options: TurnServerOptions): Promise<RunningTurnServer> {
  const server = new TurnServer(host, resolveTurnOptions(options));
  try {
    await server.start();
  } catch (error) {
    server.close();
    throw error;
  }
  return {
    counters: server.counters,
    get allocations() {
      return server.allocations;
    },
    close: () => server.close(),
  };
}

/** See {@link startTurnServer}. */
export interface RunningTurnServer {
  readonly counters: TurnCounters;
  /** Allocations that are alive. */
  readonly allocations: number;
  /** Frees every port. */
  close(): void;
}

class TurnServer {
  readonly counters = new TurnCounters();
  readonly #host: Service;
  readonly #options: ResolvedTurnOptions;
  readonly #authentication: Authentication;
  readonly #allocations: Allocations;
  readonly #ports: RelayPorts;
  readonly #allocating: AllocateService;
  readonly #limiter: SourceLimiter | undefined;
  readonly #links = new Map<FramedConnection, ClientLink>();
  #socket: UdpSocket | undefined;
  #listener: { close(): void } | undefined;

  constructor(host: Service, options: ResolvedTurnOptions) {
    this.#host = host;
    this.#options = options;
    this.#authentication = new Authentication(options, host.clock, host.random, this.counters);
    this.#allocations = new Allocations(host, options, this.counters);
    this.#ports = new RelayPorts(host, options.relayPorts);
    this.#limiter = options.requestLimit && new SourceLimiter(options.requestLimit);
    this.#allocating = new AllocateService(options, this.#allocations, this.#ports);
  }

  get allocations(): number {
    return this.#allocations.size;
  }

  async start(): Promise<void> {
    const { endpoint, tcp } = this.#options;
    const socket = await this.#host.udp.bind({ ...endpoint, family: familyOf(endpoint.address) });
    this.#socket = socket;
    socket.onMessage = (data, from) => this.#receive(data, udpLink(socket, from));
    this.#listener = await listenFramed(
      this.#host,
      endpoint,
      {
        message: (bytes, connection) => this.#receive(bytes, this.#linkOf(connection)),
        // The 5-tuple is gone with the connection.
        closed: (connection) => {
          this.#allocations.end(this.#linkOf(connection).key);
          this.#links.delete(connection);
        },
        needed: (connection) => this.#allocations.get(this.#linkOf(connection)) !== undefined,
      },
      tcp,
    );
  }

  close(): void {
    this.#socket?.close();
    this.#listener?.close();
    this.#allocations.close();
    this.#ports.close();
  }

  #linkOf(connection: FramedConnection): ClientLink {
    let link = this.#links.get(connection);
    if (!link) {
      link = tcpLink(connection);
      this.#links.set(connection, link);
    }
    return link;
  }

  #receive(data: Uint8Array, link: ClientLink): void {
    try {
      if (isChannelData(data)) {
        const allocation = this.#allocations.get(link);
        const message = decodeChannelData(data);
        allocation?.toChannel(message.data, message.channel);
      } else if (isStun(data)) this.#handle(decodeMessage(data), link);
      else this.counters.malformed++;
    } catch (error) {
      // RFC 8489 section 6.3: what can't be read is silently ignored.
      if (!(error instanceof WireError)) throw error;
      this.counters.malformed++;
    }
  }

  #handle(message: ReceivedMessage, link: ClientLink): void {
    const { messageClass, method } = message;
    if (messageClass === 'indication' && method === METHOD.send) this.#send(message, link);
    if (messageClass !== 'request') return;
    if (this.#limiter?.refuses(link.remote.address, this.#host.clock.now())) {
      this.counters.limited++;
      return;
    }
    if (method === METHOD.binding) link.send(answerBinding(message, link.remote, undefined, false));
    else if (UNDERSTOOD.has(method)) this.#authenticated(message, link);
  }

  #authenticated(message: ReceivedMessage, link: ClientLink): void {
    const request = this.#authentication.authenticate(message, link.remote);
    if (request instanceof Uint8Array) {
      link.send(request);
      return;
    }
    const unknown = unknownRequired(message, UNDERSTOOD.get(message.method)!);
    if (message.malformed.length > 0) link.send(request.refuse(400));
    else if (unknown.length > 0) link.send(request.refuse(420, [{ type: 'unknown-attributes', value: unknown }]));
    else if (message.method === METHOD.allocate) {
      void this.#allocating.serve(request, link).then((response) => response && link.send(response));
    } else link.send(this.#onAllocation(request, link));
  }

  #onAllocation(request: AuthenticRequest, link: ClientLink): Buffer {
    const allocation = this.#allocations.get(link);
    if (!allocation) return request.refuse(437);
    if (allocation.username !== request.username) return request.refuse(441);
    return this.#dispatch(request, allocation);
  }

  #dispatch(request: AuthenticRequest, allocation: Allocation): Buffer {
    if (request.message.method === METHOD.refresh) return refresh(request, allocation, this.#options);
    if (request.message.method === METHOD.createPermission) {
      return createPermission(request, allocation, this.#host.clock);
    }
    return channelBind(request, allocation, this.#host.clock);
  }

  /** RFC 8656 section 11.2: a Send indication that is not in order is silently discarded. */
  #send(message: ReceivedMessage, link: ClientLink): void {
    const peer = attributeOf(message, 'xor-peer-address');
    const data = attributeOf(message, 'data');
    if (!peer || !data || unknownRequired(message, UNDERSTOOD_IN_SEND).length > 0) return;
    this.#allocations.get(link)?.toPeer(data, peer);
  }
}

function udpLink(socket: UdpSocket, remote: Endpoint): ClientLink {
  const key = `udp ${formatEndpoint(remote)}`;
  return { key, remote, stream: false, congested: false, send: (bytes) => socket.send(bytes, remote) };
}

function tcpLink(connection: FramedConnection): ClientLink {
  return {
    key: `tcp ${formatEndpoint(connection.remote)}`,
    remote: connection.remote,
    stream: true,
    get congested() {
      return connection.congested;
    },
    send: (bytes) => connection.send(bytes),
  };
}
