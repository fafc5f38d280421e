import type { Role } from '../plugins/plugin.ts';
import type { Clock, NetworkInterface, Timer } from '../ports/index.ts';
import type { AddressContent } from '../wire/address/address-content.ts';
import type { Link, PathFinder } from './link/link.ts';
import type { Session } from './session.ts';

/** Between the end of one search and the next. */
const PAUSE_MS = 1000;
/** Who was called asks for a search so often. */
const ASK_EVERY_MS = 5000;
/** What a look at our own NAT may take before the search begins without it. */
const LOOK_MS = 2000;
/** Searches that the two ends may be apart in their count. */
const COUNT_SLACK = 8;

export interface RecoveryOptions {
  readonly clock: Clock;
  /** Of the session that opened the pipe. */
  readonly role: Role;
  readonly link: Link;
  readonly remoteKey: Uint8Array;
  /** What is known of the peer's address. */
  readonly remote: AddressContent | undefined;
  interfaces(): readonly NetworkInterface[];
  /** Finds out how we look from outside now. */
  look(): Promise<void>;
  /** Dials the peer, for a path for the link. @param id of the session; undefined: one of which the peer need not know */
  dial(recovery: Recovery, id: Uint8Array | undefined): Session;
  /** Asks the initiator for a search, by a message for the session with this id. */
  ask(recovery: Recovery, id: Uint8Array): void;
  /** The link is closed. */
  ended(): void;
}

/**
 * Looks for another path for a pipe that may have lost its own: the whole cascade again, in a session of its own under the
 * pipe's keys, with fresh observations. One search at a time, by who opened the pipe; who was called asks for it.
 */
export class Recovery implements PathFinder {
  readonly link: Link;
  readonly role: Role;
  readonly remoteKey: Uint8Array;
  /** The peer's, as it said last. */
  remote: AddressContent | undefined;
  readonly #options: RecoveryOptions;
  /** Searches begun so far, at either end. */
  #count = 0;
  #interfaces: readonly NetworkInterface[];
  #searching = false;
  #looking = false;
  /** The peer has never had this pipe: it is called as if for the first time. */
  #anew = false;
  #session: Session | undefined;
  #timer: Timer | undefined;
  #over = false;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.link = options.link;
    this.role = options.role;
    this.remoteKey = options.remoteKey;
    this.remote = options.remote;
    this.#interfaces = options.interfaces();
  }

  /** The session of the last search. */
  get session(): Session | undefined {
    return this.#session;
  }

  hasMoved(): boolean {
    const before = this.#interfaces;
    this.#interfaces = this.#options.interfaces();
    return placesOf(before) !== placesOf(this.#interfaces);
  }

  search(): void {
    if (this.#searching || this.#over) return;
    this.#searching = true;
    this.#next();
  }

  back(): void {
    this.found();
    // A search that has found something may still find better.
    if (this.#session && !this.#session.found) this.#session.close('the path is back');
  }

  found(): void {
    this.#searching = false;
    this.#timer?.cancel();
  }

  stop(): void {
    this.#over = true;
    this.found();
    this.#session?.close('the pipe was closed');
    this.#options.ended();
  }

  /** Is this the id of a search, past or to come? */
  knows(id: Uint8Array): boolean {
    return this.#countOf(id) !== undefined;
  }

  /** The peer asks for a search. It may have noticed first, and it has told where it is now. */
  asked(remote: AddressContent | undefined): void {
    this.remote = remote ?? this.remote;
    if (this.role !== 'initiator' || this.#over || this.#busy) return;
    this.#timer?.cancel();
    this.#next();
  }

  /** The initiator has begun a search. @returns false if it is an old one */
  begun(id: Uint8Array): boolean {
    const count = this.#countOf(id);
    if (count === undefined || count < this.#count || this.#over) return false;
    this.#count = count + 1;
    this.#session?.close('a newer search has begun', false);
    return true;
  }

  /** The session of the search that has just begun. */
  join(session: Session): void {
    this.#session = session;
  }

  get #busy(): boolean {
    return this.#looking || this.#session?.over === false;
  }

  #next(): void {
    if (this.#over || this.#busy) return;
    this.#looking = true;
    void this.#look().then(() => {
      this.#looking = false;
      if (!this.#over) this.#begin();
    });
  }

  /** A look that takes too long must not keep the search. */
  #look(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(LOOK_MS, resolve);
      const done = () => {
        timer.cancel();
        resolve();
      };
      this.#options.look().then(done, done);
    });
  }

  #begin(): void {
    const { guard } = this.link.path;
    if (this.role === 'responder') {
      this.#options.ask(this, guard.searchId(this.#count));
      this.#again(ASK_EVERY_MS);
      return;
    }
    const session = this.#options.dial(this, this.#anew ? undefined : guard.searchId(this.#count++));
    this.#session = session;
    void session.ended.then(() => {
      if (session.refused && (this.link.used || this.#anew)) this.link.lost('the peer has no such pipe any more');
      this.#anew = session.refused;
      this.#again(this.#anew ? 0 : PAUSE_MS);
    });
  }

  #again(afterMs: number): void {
    if (!this.#searching || this.#over) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(afterMs, () => this.#next());
  }

  #countOf(id: Uint8Array): number | undefined {
    const { guard } = this.link.path;
    for (let count = Math.max(0, this.#count - COUNT_SLACK); count < this.#count + COUNT_SLACK; count++) {
      if (guard.searchId(count).equals(id)) return count;
    }
    return undefined;
  }
}

function placesOf(interfaces: readonly NetworkInterface[]): string {
  return JSON.stringify(interfaces.map(({ name, addresses }) => [name, addresses]));
}
