import type { Identity } from '../../identity/identity.ts';
import type { Endpoint, Family } from '../../net/endpoint.ts';
import type { Host, Journal, TcpConnection, TcpListener } from '../../ports/index.ts';
import { type RateLimit, TokenBucket } from '../../signal/token-bucket.ts';
import { frameNameMessage, NameFramer } from '../../wire/names/frames.ts';
import { decodeNameRequest, encodeNameReply, type NameReply, type NameRequest } from '../../wire/names/messages.ts';
import { isSigned, type SignedRecord } from '../../wire/names/record.ts';
import { WireError } from '../../wire/wire-error.ts';
import { SourceLimiter, sourceOf } from '../source-limiter.ts';
import { Tally } from '../tally.ts';
import { decodeEntry, encodeEntry } from './journal-entry.ts';
import { DEFAULT_NAME_LIMITS, NameTable, type NameTableLimits } from './name-table.ts';

export interface NameServerOptions {
  /** Signs the replies; clients know its public key. */
  readonly identity: Identity;
  /** @default the unspecified address of `family` */
  readonly address?: string;
  /** @default 4 */
  readonly family?: Family;
  /** @default 5300; 0 is an ephemeral port */
  readonly port?: number;
  readonly limits?: Partial<NameServerLimits>;
  /** Where names outlive the server. @default nowhere */
  readonly journal?: Journal;
}

export interface NameServerLimits extends NameTableLimits {
  /** Connections at a time. @default 512 */
  readonly connections: number;
  /** Connections at a time from one IPv4 address, or one IPv6 /64. @default 8 */
  readonly connectionsPerSource: number;
  /** Requests from one source. @default 40 at once, 4 a second */
  readonly requests: RateLimit;
  /** Replies to all sources together: each is signed. @default 400 at once, 200 a second */
  readonly replies: RateLimit;
  /** Signatures that all sources together may have checked. @default 100 at once, 50 a second */
  readonly puts: RateLimit;
}

export const DEFAULT_NAME_SERVER_LIMITS: NameServerLimits = {
  ...DEFAULT_NAME_LIMITS,
  connections: 512,
  connectionsPerSource: 8,
  requests: { burst: 40, perSecond: 4 },
  replies: { burst: 400, perSecond: 200 },
  puts: { burst: 100, perSecond: 50 },
};

const DEFAULT_PORT = 5300;
/** A connection that has asked nothing for so long is broken off. */
const IDLE_MS = 10_000;

/**
 * A server of nicknames, over TCP: so nobody can ask in another's name, and no answer is longer than what its receiver
 * has sent to get it. Whoever breaks a rule or a limit is reset and gets no answer.
 *
 * @throws NetError EADDRINUSE, EADDRNOTAVAIL; what the journal throws
 * @example
 * const server = await startNameServer(host, { identity: Identity.generate(host), port: 0 });
 * const names = [{ endpoint: server.local, publicKey: server.publicKey }];
 */
export async function startNameServer(host: Host, options: NameServerOptions): Promise<NameServer> {
  const server = new NameServer(host, options);
  const { address, family, port = DEFAULT_PORT } = options;
  const where = { port, ...(address !== undefined && { address }), ...(family !== undefined && { family }) };
  server.serve(await host.tcp.listen(where, (connection) => server.accept(connection)));
  return server;
}

/** A running server of nicknames. See {@link startNameServer}. */
export class NameServer {
  readonly #host: Host;
  readonly #identity: Identity;
  readonly #limits: NameServerLimits;
  readonly #table: NameTable;
  readonly #journal: Journal | undefined;
  readonly #requests: SourceLimiter;
  readonly #replies: TokenBucket;
  readonly #puts: TokenBucket;
  readonly #connections = new Set<TcpConnection>();
  readonly #perSource = new Tally();
  #listener: TcpListener | undefined;

  /** Use {@link startNameServer}. */
  constructor(host: Host, { identity, limits, journal }: NameServerOptions) {
    this.#host = host;
    this.#identity = identity;
    this.#limits = { ...DEFAULT_NAME_SERVER_LIMITS, ...limits };
    this.#table = new NameTable(this.#limits);
    this.#journal = journal;
    this.#requests = new SourceLimiter(this.#limits.requests);
    this.#replies = new TokenBucket(this.#limits.replies, host.clock.now());
    this.#puts = new TokenBucket(this.#limits.puts, host.clock.now());
    for (const bytes of journal?.read() ?? []) this.#table.restore(decodeEntry(bytes));
  }

  get local(): Endpoint {
    return this.#listener!.local;
  }

  /** What clients must know of it. */
  get publicKey(): Uint8Array {
    return this.#identity.publicKey;
  }

  /** Names that are taken. */
  get size(): number {
    return this.#table.size;
  }

  get connections(): number {
    return this.#connections.size;
  }

  serve(listener: TcpListener): void {
    this.#listener = listener;
  }

  accept(connection: TcpConnection): void {
    const { connections, connectionsPerSource } = this.#limits;
    const source = sourceOf(connection.remote.address);
    if (this.#connections.size >= connections || this.#perSource.of(source) >= connectionsPerSource) {
      connection.reset();
      return;
    }
    this.#connections.add(connection);
    this.#perSource.add(source, 1);
    const framer = new NameFramer();
    const expire = () => this.#host.clock.after(IDLE_MS, () => connection.reset());
    let idle = expire();
    connection.start({
      data: (bytes) => {
        const requests = framer.push(bytes);
        if (!requests?.every((request) => this.#serveRequest(connection, request))) {
          connection.reset();
        } else if (requests.length > 0) {
          idle.cancel();
          idle = expire();
        }
      },
      end: () => connection.end(),
      drained: () => {},
      closed: () => {
        idle.cancel();
        this.#connections.delete(connection);
        this.#perSource.add(source, -1);
      },
    });
  }

  /** Stops listening, and breaks every connection off. */
  close(): void {
    this.#listener?.close();
    for (const connection of this.#connections) connection.reset();
    this.#journal?.close();
  }

  /** False: the request is none, or one too many, or its asker does not listen. */
  #serveRequest(connection: TcpConnection, bytes: Uint8Array): boolean {
    const { address } = connection.remote;
    const nowUs = this.#host.clock.now();
    if (this.#requests.refuses(address, nowUs) || !this.#replies.take(nowUs)) return false;
    try {
      const reply = this.#reply(decodeNameRequest(bytes), sourceOf(address));
      return reply !== undefined && connection.send(frameNameMessage(encodeNameReply(bytes, reply, this.#identity)));
    } catch (error) {
      if (error instanceof WireError) return false;
      throw error;
    }
  }

  #reply(request: NameRequest, source: string): NameReply | undefined {
    const serverTimeMs = this.#host.clock.wallMs();
    if (request.op === 'get') {
      const record = this.#table.get(request.name, serverTimeMs);
      return record ? { status: 'ok', serverTimeMs, record } : { status: 'not-found', serverTimeMs };
    }
    const { record } = request;
    const status = this.#table.check(record, source, serverTimeMs);
    if (status !== 'ok') return { status, serverTimeMs };
    if (!this.#puts.take(this.#host.clock.now()) || !isSigned(record, this.#host.signer)) return undefined;
    this.#take(record, source, serverTimeMs);
    return { status, serverTimeMs };
  }

  #take(record: SignedRecord, source: string, nowMs: number): void {
    this.#table.put(record, source, nowMs);
    const expiresMs = nowMs + record.lifetimeS * 1000;
    this.#journal?.append(encodeEntry({ record, expiresMs }), () => this.#table.entries(nowMs).map(encodeEntry));
  }
}
