import type { Endpoint } from '../../net/endpoint.ts';
import { NetError } from '../../net/error.ts';
import { familyOf } from '../../net/ip.ts';
import type { Host, TcpConnection } from '../../ports/index.ts';
import { StreamFramer } from '../../wire/turn/stream-framer.ts';
import { WireError } from '../../wire/wire-error.ts';

/** How a TURN client reaches its server. */
export interface TurnTransport {
  /** A stream loses nothing, and pads ChannelData. */
  readonly stream: boolean;
  /** Called for every STUN or ChannelData message. */
  onMessage: ((bytes: Uint8Array) => void) | undefined;
  /** A stream is broken then; a socket only heard that a datagram did not get through. */
  onError: ((error: NetError) => void) | undefined;
  send(bytes: Uint8Array): void;
  /** The same for what may get lost: dropped while the server does not take what it has been sent. */
  sendData(bytes: Uint8Array): void;
  close(): void;
}

export interface TransportOptions {
  readonly kind: 'udp' | 'tcp';
  readonly localAddress: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** @throws NetError */
export async function openTransport(
  host: Pick<Host, 'udp' | 'tcp'>,
  server: Endpoint,
  { kind, localAddress, timeoutMs, signal }: TransportOptions,
): Promise<TurnTransport> {
  const local = localAddress === undefined ? {} : { address: localAddress, localAddress };
  if (kind === 'udp') {
    // Connected, so that an ICMP error tells at once that nobody is there.
    const socket = await host.udp.bind({ family: familyOf(server.address), remote: server, ...local });
    const send = (bytes: Uint8Array) => socket.send(bytes, server);
    const transport: TurnTransport = {
      stream: false,
      onMessage: undefined,
      onError: undefined,
      send,
      sendData: send,
      close: () => socket.close(),
    };
    socket.onMessage = (data) => transport.onMessage?.(data);
    socket.onError = (error) => transport.onError?.(error);
    return transport;
  }
  return new StreamTransport(await host.tcp.dial(server, { ...local, timeoutMs, ...(signal && { signal }) }));
}

class StreamTransport implements TurnTransport {
  readonly stream = true;
  onMessage: ((bytes: Uint8Array) => void) | undefined;
  onError: ((error: NetError) => void) | undefined;
  readonly #connection: TcpConnection;
  readonly #framer = new StreamFramer();
  #congested = false;

  constructor(connection: TcpConnection) {
    this.#connection = connection;
    const ended = new NetError('ECONNRESET', 'the TURN server closed the connection');
    connection.start({
      data: (bytes) => this.#receive(bytes),
      end: () => this.#fail(ended),
      closed: (error) => this.#fail(error ?? ended),
      drained: () => {
        this.#congested = false;
      },
    });
  }

  send(bytes: Uint8Array): void {
    if (!this.#connection.send(bytes)) this.#congested = true;
  }

  sendData(bytes: Uint8Array): void {
    if (!this.#congested) this.send(bytes);
  }

  close(): void {
    this.#connection.reset();
  }

  #receive(bytes: Uint8Array): void {
    try {
      for (const frame of this.#framer.push(bytes)) this.onMessage?.(frame);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#connection.reset();
      this.#fail(new NetError('ECONNRESET', `the TURN server sent other than TURN: ${error.message}`));
    }
  }

  #fail(error: NetError): void {
    this.onError?.(error);
  }
}
