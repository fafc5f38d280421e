import type { Host, UdpSocket } from '../../ports/index.ts';
import { transactionKey } from '../../wire/stun/message.ts';
import { sourceOf } from '../source-limiter.ts';
import { Tally } from '../tally.ts';
import { Allocation } from './allocation.ts';
import type { AuthenticRequest } from './authentication.ts';
import type { ClientLink } from './client-link.ts';
import type { TurnCounters } from './turn-counters.ts';
import type { ResolvedTurnOptions } from './turn-options.ts';

interface Entry {
  /** Of the Allocate request that made it. */
  readonly transaction: string;
  readonly username: string;
  readonly source: string;
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
  readonly #counters: TurnCounters;
  readonly #perUser = new Tally();
  readonly #perSource = new Tally();

  constructor(host: Pick<Host, 'clock' | 'random'>, options: ResolvedTurnOptions, counters: TurnCounters) {
    this.#host = host;
    this.#options = options;
    this.#counters = counters;
  }

  get size(): number {
    return this.#entries.size;
  }

  ofUser(username: string): number {
    return this.#perUser.of(username);
  }

  /** Of all clients at the address's source, see {@link sourceOf}. */
  ofSource(address: string): number {
    return this.#perSource.of(sourceOf(address));
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
      source: sourceOf(link.remote.address),
      allocation: undefined,
      response: undefined,
    };
    this.#entries.set(link.key, entry);
    this.#perUser.add(entry.username, 1);
    this.#perSource.add(entry.source, 1);
    return entry;
  }

  /** The sockets are there; undefined if the place was given up meanwhile, and then they are closed. */
  complete(link: ClientLink, entry: Entry, sockets: readonly UdpSocket[], lifetimeMs: number): Allocation | undefined {
    if (this.#entries.get(link.key) !== entry) {
      for (const socket of sockets) socket.close();
      return undefined;
    }
    const forget = () => this.#forget(link.key, entry);
    const { username } = entry;
    entry.allocation = new Allocation(this.#host, this.#options, this.#counters, link, username, sockets, forget);
    entry.allocation.live(lifetimeMs);
    this.#counters.granted++;
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
    this.#perUser.add(entry.username, -1);
    this.#perSource.add(entry.source, -1);
  }
}
