import type { RemoteInfo, Socket } from 'node:dgram';
import { type Endpoint, sameEndpoint } from '../net/endpoint.ts';
import type { NetError } from '../net/error.ts';
import type { UdpSocket } from '../ports/index.ts';
import { nodeEndpoint } from './node-endpoint.ts';
import { netError } from './node-error.ts';

const DEFAULT_TTL = 64;

/** What an ICMP error makes of the next call on a connected socket. Everything else is about the datagram at hand. */
const ICMP_ERRORS = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Bytes that may wait for the network card; what comes on top is lost, as in a router's queue. */
const SEND_QUEUE_LIMIT = 1024 * 1024;

/**
 * One bound dgram socket.
 *
 * The hop limit is a property of the system's socket, so it is set when it changes. Datagrams that the system could
 * not take at once would leave with a later one's hop limit: then the later one is lost instead.
 */
export class RealUdpSocket implements UdpSocket {
  readonly local: Endpoint;
  onMessage: ((data: Uint8Array, from: Endpoint) => void) | undefined;
  onError: ((error: NetError) => void) | undefined;
  readonly #socket: Socket;
  readonly #remote: Endpoint | undefined;
  #ttl = 0;
  #closed = false;

  constructor(socket: Socket, local: Endpoint, remote: Endpoint | undefined) {
    this.local = local;
    this.#socket = socket;
    this.#remote = remote;
    socket.on('message', (data, info) => this.#receive(data, info));
    socket.on('error', (error) => this.#fail(error));
  }

  send(data: Uint8Array, to: Endpoint, ttl: number = DEFAULT_TTL): void {
    // A peer may have told us port 0, which is nowhere; dgram would throw.
    if (this.#closed || to.port === 0 || !this.#setTtl(ttl)) return;
    const own = Buffer.from(data); // libuv may queue it, and reads the original then
    if (this.#remote) this.#sendConnected(own, to, this.#remote);
    else this.#socket.send(own, to.port, to.address);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }

  #setTtl(ttl: number): boolean {
    const queued = this.#socket.getSendQueueSize();
    if (ttl === this.#ttl) return queued < SEND_QUEUE_LIMIT;
    if (queued > 0) return false;
    this.#socket.setTTL(ttl);
    this.#ttl = ttl;
    return true;
  }

  #sendConnected(data: Uint8Array, to: Endpoint, remote: Endpoint): void {
    if (!sameEndpoint(to, remote)) return;
    this.#socket.send(data, (error: NodeJS.ErrnoException | null) => {
      if (this.#closed || !ICMP_ERRORS.has(error?.code ?? '')) return;
      // A waiting ICMP error is told to whoever calls the system next, in place of sending: about an earlier datagram.
      this.#fail(error);
      if (!this.#closed) this.#socket.send(data);
    });
  }

  #receive(data: Uint8Array, info: RemoteInfo): void {
    const from = nodeEndpoint(info.address, info.port);
    // The system filters from connect() on; what came between bind() and connect() is still in its queue.
    if (this.#remote && !sameEndpoint(from, this.#remote)) return;
    this.onMessage?.(data, from);
  }

  #fail(error: unknown): void {
    if (this.#remote) this.onError?.(netError(error));
  }
}
