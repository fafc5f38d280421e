import type { Host, UdpSocket } from '../../ports/index.ts';
import { transactionKey } from '../../wire/stun/message.ts';
import { Allocation } from './allocation.ts';
import type { AuthenticRequest } from './authentication.ts';
import type { ClientLink } from './client-link.ts';
import type { ResolvedTurnOptions } from './turn-options.ts';

interface Entry {
  /** Of the Allocate request that made it. */
  readonly transaction: string;
  readonly username: string;
  /** Undefined while its socket is being opened. */
  allocation: Allocation | undefined;
  /** Undefined until there is one. A retransmitted request gets it once more (RFC 8656 section 7.2). */
  response: Buffer | undefined;
}

/** All allocations of a server, by the 5-tuple of the client. */
export class Allocations {
  readonly #host: Pick<Host, 'clock' | 'random'>;
  readonly #options: ResolvedTurnOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #perUser = new Map<string, number>();

  constructor(host: Pick<Host, 'clock' | 'random'>, options: ResolvedTurnOptions) {
    this.#host = host;
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  ofUser(username: string): number {
    return this.#perUser.get(username) ?? 0;
  }

  get(link: ClientLink): Allocation | undefined {
    return this.#entries.get(link.key)?.allocation;
  }

  /**
   * What an Allocate request finds: nothing in its way; itself, sent before, and the answer if there is one yet; or
   * somebody else.
   */
  find(link: ClientLink, request: AuthenticRequest): 'free' | 'taken' | { readonly response: Buffer | undefined } {
    const entry = this.#entries.get(link.key);
    if (!entry) return 'free';
    const same = entry.transaction === transactionKey(request.message) && entry.username === request.username;
    return same ? entry : 'taken';
  }

  /** Keeps the place of an allocation while its socket is being opened. */
  begin(link: ClientLink, request: AuthenticRequest): Entry {
    const { username } = request;
    const entry = {
      transaction: transactionKey(request.message),
      username,
      allocation: undefined,
      response: undefined,
    };
    this.#entries.set(link.key, entry);
    this.#perUser.set(username, this.ofUser(username) + 1);
    return entry;
  }

  /** The socket is there; undefined if the place was given up meanwhile, and then the socket is closed. */
  complete(link: ClientLink, entry: Entry, socket: UdpSocket, lifetimeMs: number): Allocation | undefined {
    if (this.#entries.get(link.key) !== entry) {
      socket.close();
      return undefined;
    }
    const forget = () => this.#forget(link.key, entry);
    entry.allocation = new Allocation(this.#host, this.#options, link, entry.username, socket, forget);
    entry.allocation.live(lifetimeMs);
    return entry.allocation;
  }

  /** There won't be a socket. */
  abandon(link: ClientLink, entry: Entry): void {
    this.#forget(link.key, entry);
  }

  /** Ends whatever the client has, finished or not. */
  end(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    if (entry.allocation) entry.allocation.end();
    else this.#forget(key, entry);
  }

  close(): void {
    for (const key of [...this.#entries.keys()]) this.end(key);
  }

  #forget(key: string, entry: Entry): void {
    if (this.#entries.get(key) !== entry) return;
    this.#entries.delete(key);
    const left = this.ofUser(entry.username) - 1;
    if (left > 0) this.#perUser.set(entry.username, left);
    else this.#perUser.delete(entry.username);
  }
}
