import type { Endpoint } from '../../net/endpoint.ts';
import { familyOf } from '../../net/ip.ts';
import type { Clock, Host, UdpSocket } from '../../ports/index.ts';
import type { RateLimit } from '../../signal/token-bucket.ts';
import { attributeOf } from '../../wire/stun/attribute.ts';
import { decodeMessage, isStun, type ReceivedMessage } from '../../wire/stun/decode-message.ts';
import { METHOD } from '../../wire/stun/message.ts';
import { WireError } from '../../wire/wire-error.ts';
import { AddressPairs } from '../address-pairs.ts';
import { SourceLimiter } from '../source-limiter.ts';
import { answerBinding, type BehaviourAddresses } from './binding.ts';
import { type FramedTcpOptions, listenFramed } from './framed-tcp.ts';

export interface StunServerOptions {
  readonly primary: Endpoint;
  /** Differs from `primary` in both address and port. Without one it is a plain server (RFC 8489), on one port. */
  readonly alternate?: Endpoint | undefined;
  /** By address, the one that others see in its place. @default they are the same */
  readonly publicAddresses?: ReadonlyMap<string, string>;
  /** Requests of one source that are answered. @default every one */
  readonly requestLimit?: RateLimit;
  readonly tcp?: FramedTcpOptions;
}

/** Index of an address and of a port, 0 for the primary one. */
type Place = readonly [address: 0 | 1, port: 0 | 1];

/** What a STUN server has done since it started. */
export interface StunCounters {
  answered: number;
  /** Requests that were not answered, since their sender asks too often. */
  limited: number;
  /** What is no Binding request. */
  ignored: number;
}

/** See {@link startStunServer}. */
export interface RunningStunServer {
  readonly counters: Readonly<StunCounters>;
  close(): void;
}

const PLACES: readonly Place[] = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

/**
 * A STUN server on two addresses and two ports, as RFC 5780 needs it, or on one of each, over UDP and TCP. It keeps nothing between two
 * datagrams and answers nothing but Binding requests. The answer to the shortest request is 56 bytes for 20 over IPv4
 * (84 for 48 on the wire, 1.75 times as much) and 92 for 20 over IPv6 (140 for 68): all that RFC 5780 prescribes and
 * nothing else.
 *
 * @throws RangeError if the two endpoints share address or port; NetError EADDRINUSE, EADDRNOTAVAIL
 */
export async function startStunServer(
  host: Pick<Host, 'clock' | 'udp' | 'tcp'>,
  options: StunServerOptions,
): Promise<RunningStunServer> {
  const server = new StunServer(host.clock, options);
  try {
    await server.start(host);
  } catch (error) {
    server.close();
    throw error;
  }
  return { counters: server.counters, close: () => server.close() };
}

class StunServer {
  readonly counters: StunCounters = { answered: 0, limited: 0, ignored: 0 };
  readonly #clock: Clock;
  readonly #options: StunServerOptions;
  readonly #places: readonly Place[];
  readonly #addresses: AddressPairs;
  readonly #limiter: SourceLimiter | undefined;
  readonly #sockets = new Map<Place, UdpSocket>();
  readonly #listeners: { close(): void }[] = [];

  constructor(clock: Clock, options: StunServerOptions) {
    const { primary, alternate, requestLimit } = options;
    if (alternate) assertAlternate(primary, alternate);
    this.#clock = clock;
    this.#options = options;
    this.#addresses = new AddressPairs(options.publicAddresses);
    this.#places = alternate ? PLACES : PLACES.slice(0, 1);
    this.#limiter = requestLimit && new SourceLimiter(requestLimit);
  }

  async start(host: Pick<Host, 'clock' | 'udp' | 'tcp'>): Promise<void> {
    for (const place of this.#places) {
      const here = this.#endpoint(place);
      const socket = await host.udp.bind({ ...here, family: familyOf(here.address) });
      this.#sockets.set(place, socket);
      socket.onMessage = (data, from) => this.#receive(data, from, place);
      this.#listeners.push(await listenFramed(host, here, this.#overTcp(place), this.#options.tcp));
    }
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    for (const listener of this.#listeners) listener.close();
  }

  #receive(data: Uint8Array, from: Endpoint, place: Place): void {
    const request = this.#take(data, from);
    if (!request) return;
    const changeable = this.#options.alternate !== undefined;
    const change = changeable ? attributeOf(request, 'change-request') : undefined;
    const source = placeAt(place, change?.address ?? false, change?.port ?? false);
    const behaviour = this.#behaviour(source, place);
    this.#sockets.get(source)!.send(answerBinding(request, from, behaviour, changeable), from);
  }

  #overTcp(place: Place): Parameters<typeof listenFramed>[2] {
    return {
      message: (bytes, connection) => {
        const request = this.#take(bytes, connection.remote);
        if (!request) return;
        const behaviour = this.#behaviour(place, place);
        connection.send(answerBinding(request, connection.remote, behaviour, false));
      },
      closed: () => {},
      needed: () => false,
    };
  }

  /** The request, if it is one and its sender does not ask too often. */
  #take(data: Uint8Array, from: Endpoint): ReceivedMessage | undefined {
    const request = bindingRequest(data);
    if (!request) this.counters.ignored++;
    else if (this.#limiter?.refuses(from.address, this.#clock.now())) this.counters.limited++;
    else {
      this.counters.answered++;
      return request;
    }
    return undefined;
  }

  #behaviour(source: Place, asked: Place): BehaviourAddresses | undefined {
    if (!this.#options.alternate) return undefined;
    const [origin, other] = [this.#endpoint(source), this.#endpoint(placeAt(asked, true, true))];
    return { origin: this.#addresses.outer(origin), other: this.#addresses.outer(other) };
  }

  #endpoint([address, port]: Place): Endpoint {
    const { primary, alternate = primary } = this.#options;
    const pair = [primary, alternate] as const;
    return { address: pair[address].address, port: pair[port].port };
  }
}

function assertAlternate(primary: Endpoint, alternate: Endpoint): void {
  if (primary.address === alternate.address || primary.port === alternate.port) {
    throw new RangeError('the alternate endpoint differs in both address and port (RFC 5780 section 6)');
  }
  if (familyOf(primary.address) !== familyOf(alternate.address)) {
    throw new RangeError('both endpoints are of one address family');
  }
}

function placeAt([address, port]: Place, changeAddress: boolean, changePort: boolean): Place {
  return PLACES[2 * (changeAddress ? 1 - address : address) + (changePort ? 1 - port : port)]!;
}

/** RFC 8489 section 6.3: what is no request, or none that we know, is silently ignored. */
function bindingRequest(data: Uint8Array): ReceivedMessage | undefined {
  if (!isStun(data)) return undefined;
  try {
    const message = decodeMessage(data);
    return message.messageClass === 'request' && message.method === METHOD.binding ? message : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
