import { NetError } from '../../net/error.ts';
import type { TransportSink } from '../../plugins/transport.ts';
import type { Host, Timer } from '../../ports/index.ts';
import { FRAME } from '../../wire/proof.ts';
import { decodeReason, encodeReason, SEALED_OVERHEAD, type SealedFrame } from '../../wire/sealed-frame.ts';
import { Consent } from './consent.ts';
import { Heartbeat } from './heartbeat.ts';
import { HeldMessages } from './held-messages.ts';
import { KEEP_ALIVE_MS } from './keep-alive.ts';
import type { LinkPath, PathOwner } from './link-path.ts';
import { TOKEN_LENGTH } from './relocation.ts';

/** How long an old path stays open for what is under way on it, if the peer does not say that nothing is. */
const RETIRE_MS = 2000;
/** The same once the peer has said so: our own last word may still overtake it. */
const GRACE_MS = 250;
/** How long to wait for the peer's word that it knows of the end, before it is said again, doubling up to the last. */
const FIRST_FAREWELL_MS = 200;
const LAST_FAREWELL_MS = 800;
/** A link without a path that works ends so long after the first sign of it, if no other one is found. */
export const SEARCH_MS = 30_000;
const EMPTY = new Uint8Array(0);
/** As long as a challenge: a peer that has moved is asked no more than it says (RFC 9000 section 8.1). */
const PING = new Uint8Array(TOKEN_LENGTH);

type LinkHost = Pick<Host, 'clock' | 'random'>;

/** Looks for another path where the present one may be gone. */
export interface PathFinder {
  /** Is the host elsewhere than when this was asked last? */
  hasMoved(): boolean;
  /** The path may be gone, or is. Goes on until one of the others. */
  search(): void;
  /** The path works again. */
  back(): void;
  /** The link has another path. */
  found(): void;
  /** The link is closed. */
  stop(): void;
}

/**
 * The way between two nodes beneath a pipe: one path at a time, which can be exchanged for a better one while messages
 * flow. Each end sends by the new path once it is taken, and says on the old one that it was the last word there; until
 * the other end has heard that, what the new path brings waits. So an exchange loses nothing and keeps the order.
 */
export class Link implements PathOwner {
  /** True: every message arrives, in order, or the link closes. */
  readonly reliable: boolean;
  /** The longest message, in bytes, that every path of this link carries. */
  readonly maxMessage: number;
  /** @default nobody: the link ends with its path */
  finder: PathFinder | undefined;
  readonly #host: LinkHost;
  readonly #keepAliveMs: () => number;
  readonly #paths = new Set<LinkPath>();
  readonly #held: HeldMessages;
  #current: LinkPath;
  #consent: Consent | undefined;
  #heartbeat: Heartbeat | undefined;
  /** Since the first sign that the path is gone. */
  #search: Timer | undefined;
  #sink: TransportSink | undefined;
  #paused = false;
  /** Has the peer used it by a path before the present one? */
  #used = false;
  #closeReason: string | undefined;
  #closing: Timer | undefined;
  #closed: { error: NetError | undefined } | undefined;

  /** @param keepAliveMs how long a quiet path is left alone, which may change */
  constructor(first: LinkPath, host: LinkHost, keepAliveMs = () => KEEP_ALIVE_MS) {
    this.#host = host;
    this.#keepAliveMs = keepAliveMs;
    this.#current = first;
    this.reliable = first.transport.reliable;
    this.maxMessage = first.transport.maxMessage - SEALED_OVERHEAD;
    this.#paths.add(first);
    this.#held = new HeldMessages(host.clock, (message) => this.#sink?.message(message));
    this.#watch();
  }

  /** The path that messages take now. */
  get path(): LinkPath {
    return this.#current;
  }

  /** Does the peer have the other end, as far as anybody knows? */
  get used(): boolean {
    return this.#used || this.#current.used;
  }

  /** What the peer gave as the reason when it closed; undefined if it said nothing. */
  get closeReason(): string | undefined {
    return this.#closeReason;
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    if (this.#closed) sink.closed(this.#closed.error);
    for (const path of [...this.#paths]) path.attach(this); // Until now each kept what came in.
  }

  /** False: wait for {@link TransportSink.drained}. */
  send(message: Uint8Array): boolean {
    if (this.#closed) return true;
    this.#consent?.sent();
    this.#heartbeat?.sent();
    return this.#current.send(FRAME.data, message);
  }

  /**
   * Sends by this path from now on.
   * @returns false if the path can't carry on: it has other keys, may lose messages of a link that loses none, or the
   *   link is closed; it is closed then
   */
  adopt(path: LinkPath): boolean {
    const old = this.#current;
    this.#used ||= old.used;
    const fits = (path.guard === old.guard || !this.#used) && (path.transport.reliable || !this.reliable);
    if (this.#closed || !fits || path.transport.maxMessage < this.maxMessage + SEALED_OVERHEAD) {
      path.abort();
      return false;
    }
    this.#current = path;
    this.#paths.add(path);
    this.#watch();
    this.#held.waitFor(old);
    old.send(FRAME.moved, EMPTY);
    old.retire(old.peerMoved ? GRACE_MS : RETIRE_MS);
    if (this.#sink) path.attach(this);
    if (this.#paused) path.transport.pause();
    const interrupted = this.#search !== undefined;
    this.#endSearch();
    this.finder?.found();
    this.#sink?.rerouted?.(interrupted);
    this.#sink?.drained(); // Whoever waits for room on the old path has it on the new one.
    return true;
  }

  pause(): void {
    this.#paused = true;
    this.#heartbeat?.pause();
    for (const path of this.#paths) path.transport.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#heartbeat?.resume();
    for (const path of this.#paths) path.transport.resume();
  }

  /** Tells the peer, and closes once it knows, or has had time to. */
  end(reason = 'closed by the peer'): void {
    if (this.#closed || this.#closing) return;
    const farewell = encodeReason(reason);
    if (this.reliable) {
      this.#current.send(FRAME.close, farewell);
      this.#current.transport.end();
    } else this.#sayFarewell(farewell, FIRST_FAREWELL_MS);
  }

  /** @param error why, if it was not our wish */
  abort(error?: NetError): void {
    this.#finish(error);
  }

  /** There is no path, and there will be none. */
  lost(why: string): void {
    this.abort(new NetError('ETIMEDOUT', `path-lost: ${why}`));
  }

  frame(path: LinkPath, { kind, body }: SealedFrame): void {
    if (kind === FRAME.data) this.#held.take(path, body);
    else if (kind === FRAME.moved) this.#moved(path);
    else if (kind === FRAME.close) this.#told(body);
    else if (kind === FRAME.pong && path === this.#current) this.#answered();
  }

  closed(path: LinkPath, error: NetError | undefined): void {
    this.#paths.delete(path);
    this.#held.ended(path);
    if (path !== this.#current || this.#closed) return;
    if (!this.finder || this.#closing || this.#closeReason !== undefined) this.#finish(error);
    else {
      this.#held.release();
      this.#stopWatching();
      this.#seek(error?.message ?? 'the path is closed');
    }
  }

  drained(path: LinkPath): void {
    if (path === this.#current) this.#sink?.drained();
  }

  moved(path: LinkPath): void {
    if (path !== this.#current) return;
    this.#answered();
    this.#sink?.rerouted?.(true);
  }

  unanswered(path: LinkPath): void {
    if (path !== this.#current || path.used) return;
    this.#seek('the peer has never used the path');
    void path.confirmed.then(() => path === this.#current && this.#answered());
  }

  heard(path: LinkPath): void {
    if (path === this.#current) this.#heartbeat?.heard();
  }

  #watch(): void {
    this.#stopWatching();
    const path = this.#current;
    const host = this.#host;
    const expired = () => path.abort(new NetError('ETIMEDOUT', 'the peer has gone silent'));
    if (path.transport.reliable) {
      this.#heartbeat = new Heartbeat({ host, beat: () => path.send(FRAME.pong, EMPTY), expired });
      if (this.#paused) this.#heartbeat.pause();
    } else {
      this.#consent = new Consent({
        host,
        keepAliveMs: this.#keepAliveMs,
        ask: () => path.send(FRAME.ping, PING),
        moved: () => this.finder?.hasMoved() === true,
        suspect: () => this.#seek('the peer has gone silent'),
        expired,
      });
    }
  }

  #stopWatching(): void {
    this.#consent?.stop();
    this.#heartbeat?.stop();
    this.#consent = undefined;
    this.#heartbeat = undefined;
  }

  #answered(): void {
    this.#consent?.answered();
    if (!this.#search || this.#current.isClosed) return;
    this.#endSearch();
    this.finder?.back();
  }

  #seek(why: string): void {
    if (!this.finder || this.#closed) return;
    const seconds = SEARCH_MS / 1000;
    this.#search ??= this.#host.clock.after(SEARCH_MS, () =>
      this.lost(`${why}, and no other path was found in ${seconds} s`),
    );
    this.finder.search();
  }

  #endSearch(): void {
    this.#search?.cancel();
    this.#search = undefined;
  }

  #finish(error: NetError | undefined): void {
    if (this.#closed) return;
    this.#closed = { error };
    this.#held.release();
    this.#stopWatching();
    this.#closing?.cancel();
    this.#endSearch();
    this.finder?.stop();
    for (const path of [...this.#paths]) path.abort();
    this.#sink?.closed(error);
  }

  #sayFarewell(farewell: Uint8Array, waitMs: number): void {
    this.#current.send(FRAME.close, farewell);
    this.#closing = this.#host.clock.after(waitMs, () => {
      if (waitMs >= LAST_FAREWELL_MS) this.abort();
      else this.#sayFarewell(farewell, waitMs * 2);
    });
  }

  #moved(path: LinkPath): void {
    path.peerMoved = true;
    this.#held.ended(path);
    if (path !== this.#current) path.retire(GRACE_MS);
  }

  #told(body: Uint8Array): void {
    this.#held.release();
    this.#closeReason = decodeReason(body);
    if (this.reliable) return;
    if (!this.#closing) this.#current.send(FRAME.close, EMPTY); // So that the peer need not say it again.
    this.abort();
  }
}
