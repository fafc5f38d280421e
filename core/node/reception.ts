import type { Family } from '../net/endpoint.ts';
import { isNetError } from '../net/error.ts';
import { familyOf } from '../net/ip.ts';
import { StreamTransport } from '../plugins/stream-transport.ts';
import type { Transport } from '../plugins/transport.ts';
import type { Clock, Host, TcpConnection, TcpListener } from '../ports/index.ts';
import { type Call, decodeCall, decodeHello, FRAME, frameKind, type Hello } from '../wire/proof.ts';
import { WireError } from '../wire/wire-error.ts';
import { HeldTransport } from './held-transport.ts';

/** Connections that have not said yet what they want. */
const MAX_STRANGERS = 64;
const FIRST_MESSAGE_MS = 5000;

export interface Visitors {
  hello(hello: Hello, transport: Transport): void;
  call(call: Call, transport: Transport): void;
}

/** The node's listening port: finds out what each connection is for, and hands it on. */
export class Reception {
  readonly #clock: Clock;
  readonly #visitors: Visitors;
  readonly #strangers = new Set<Transport>();
  readonly #listeners = new Map<Family, TcpListener>();

  private constructor(clock: Clock, visitors: Visitors) {
    this.#clock = clock;
    this.#visitors = visitors;
  }

  /**
   * Without an address it listens on every one of both families, IPv4 and IPv6 each on a port of its own unless told.
   *
   * @throws NetError EADDRINUSE, EADDRNOTAVAIL
   */
  static async open(host: Host, listen: { address?: string; port?: number }, visitors: Visitors): Promise<Reception> {
    const reception = new Reception(host.clock, visitors);
    const families: Family[] = listen.address === undefined ? [4] : [familyOf(listen.address)];
    if (listen.address === undefined && hasIpv6(host)) families.push(6);
    try {
      for (const family of families) {
        const listener = await host.tcp.listen({ ...listen, family }, (connection) => reception.#admit(connection));
        reception.#listeners.set(family, listener);
      }
    } catch (error) {
      reception.close();
      throw error;
    }
    return reception;
  }

  /** Where it listens for a family; undefined: it does not. */
  portOf(family: Family): number | undefined {
    return this.#listeners.get(family)?.local.port;
  }

  close(): void {
    for (const listener of this.#listeners.values()) listener.close();
    for (const stranger of this.#strangers) stranger.abort();
    this.#strangers.clear();
  }

  #admit(connection: TcpConnection): void {
    if (this.#strangers.size >= MAX_STRANGERS) {
      connection.reset();
      return;
    }
    const transport = new HeldTransport(new StreamTransport(connection));
    this.#strangers.add(transport);
    const timer = this.#clock.after(FIRST_MESSAGE_MS, () => transport.abort());
    const handOn = (first: Uint8Array) => this.#route(first, transport);
    transport.first
      .then(handOn)
      .catch((error: unknown) => {
        transport.abort();
        if (!(error instanceof WireError || isNetError(error))) throw error;
      })
      .finally(() => {
        timer.cancel();
        this.#strangers.delete(transport);
      });
  }

  /** @throws WireError for anything but a well-formed hello or call */
  #route(first: Uint8Array, transport: Transport): void {
    if (frameKind(first) === FRAME.call) this.#visitors.call(decodeCall(first), afterCall(transport));
    else this.#visitors.hello(decodeHello(first), transport);
  }
}

/** The call has been read; what the owner is to see comes after it. */
function afterCall(transport: Transport): Transport {
  const { protocol, reliable, maxMessage } = transport;
  let skipped = false;
  return {
    protocol,
    reliable,
    maxMessage,
    trust: () => transport.trust(),
    start: (sink) =>
      transport.start({
        message: (message) => {
          if (skipped) sink.message(message);
          skipped = true;
        },
        closed: (error) => sink.closed(error),
        drained: () => sink.drained(),
      }),
    send: (message) => transport.send(message),
    pause: () => transport.pause(),
    resume: () => transport.resume(),
    end: () => transport.end(),
    abort: () => transport.abort(),
  };
}

function hasIpv6(host: Host): boolean {
  return host.interfaces().some(({ loopback, addresses }) => !loopback && addresses.some(({ family }) => family === 6));
}
