import { NetError } from '../../net/error.ts';
import type { TransportSink } from '../../plugins/transport.ts';
import type { Host, Timer } from '../../ports/index.ts';
import { FRAME } from '../../wire/proof.ts';
import { decodeReason, encodeReason, SEALED_OVERHEAD, type SealedFrame } from '../../wire/sealed-frame.ts';
import { Consent } from './consent.ts';
import { KEEP_ALIVE_MS } from './keep-alive.ts';
import type { LinkPath, PathOwner } from './link-path.ts';
import { TOKEN_LENGTH } from './relocation.ts';

/** How long what comes by a new path waits for what is still under way on the old one. */
const DRAIN_MS = 500;
/** Messages that may wait so: beyond, order is given up rather than memory. */
const MAX_HELD = 1024;
/** How long an old path stays open for what is under way on it, if the peer does not say that nothing is. */
const RETIRE_MS = 2000;
/** The same once the peer has said so: our own last word may still overtake it. */
const GRACE_MS = 250;
/** How long to wait for the peer's word that it knows of the end, before it is said again, doubling up to the last. */
const FIRST_FAREWELL_MS = 200;
const LAST_FAREWELL_MS = 800;
const EMPTY = new Uint8Array(0);
/** As long as a challenge: a peer that has moved is asked no more than it says (RFC 9000 section 8.1). */
const PING = new Uint8Array(TOKEN_LENGTH);

type LinkHost = Pick<Host, 'clock' | 'random'>;

/** What the peer sent by a new path while older messages are under way. */
interface Held {
  readonly old: LinkPath;
  readonly messages: Uint8Array[];
  readonly timer: Timer;
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
  readonly #host: LinkHost;
  readonly #keepAliveMs: number;
  readonly #paths = new Set<LinkPath>();
  #current: LinkPath;
  #consent: Consent | undefined;
  #held: Held | undefined;
  #sink: TransportSink | undefined;
  #paused = false;
  #closeReason: string | undefined;
  #closing: Timer | undefined;
  #closed: { error: NetError | undefined } | undefined;

  constructor(first: LinkPath, host: LinkHost, keepAliveMs = KEEP_ALIVE_MS) {
    this.#host = host;
    this.#keepAliveMs = keepAliveMs;
    this.#current = first;
    this.reliable = first.transport.reliable;
    this.maxMessage = first.transport.maxMessage - SEALED_OVERHEAD;
    this.#paths.add(first);
    this.#watch();
  }

  /** The path that messages take now. */
  get path(): LinkPath {
    return this.#current;
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
    for (const path of [...this.#paths]) path.attach(this); // Until now each kept what came in.
  }

  /** False: wait for {@link TransportSink.drained}. */
  send(message: Uint8Array): boolean {
    if (this.#closed) return true;
    this.#consent?.sent();
    return this.#current.send(FRAME.data, message);
  }

  /**
   * Sends by this path from now on.
   * @returns false if the path can't carry on: it has other keys, may lose messages of a link that loses none, or the
   *   link is closed; it is closed then
   */
  adopt(path: LinkPath): boolean {
    const old = this.#current;
    const fits = path.guard === old.guard && (path.transport.reliable || !this.reliable);
    if (this.#closed || !fits || path.transport.maxMessage < this.maxMessage + SEALED_OVERHEAD) {
      path.abort();
      return false;
    }
    this.#current = path;
    this.#paths.add(path);
    this.#watch();
    this.#hold(old);
    old.send(FRAME.moved, EMPTY);
    old.retire(old.peerMoved ? GRACE_MS : RETIRE_MS);
    if (this.#sink) path.attach(this);
    if (this.#paused) path.transport.pause();
    this.#sink?.rerouted?.(false);
    this.#sink?.drained(); // Whoever waits for room on the old path has it on the new one.
    return true;
  }

  pause(): void {
    this.#paused = true;
    for (const path of this.#paths) path.transport.pause();
  }

  resume(): void {
    this.#paused = false;
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

  abort(): void {
    for (const path of [...this.#paths]) path.abort();
  }

  frame(path: LinkPath, { kind, body }: SealedFrame): void {
    if (kind === FRAME.data) {
      if (this.#held && path !== this.#held.old) this.#keep(this.#held, body);
      else this.#deliver(body);
    } else if (kind === FRAME.moved) this.#moved(path);
    else if (kind === FRAME.close) this.#told(body);
    else if (kind === FRAME.pong && path === this.#current) this.#consent?.answered();
  }

  closed(path: LinkPath, error: NetError | undefined): void {
    this.#paths.delete(path);
    if (this.#held?.old === path) this.#release();
    if (path !== this.#current || this.#closed) return;
    this.#release();
    this.#consent?.stop();
    this.#closing?.cancel();
    this.#closed = { error };
    this.#sink?.closed(error);
    this.abort();
  }

  drained(path: LinkPath): void {
    if (path === this.#current) this.#sink?.drained();
  }

  moved(path: LinkPath): void {
    if (path !== this.#current) return;
    this.#consent?.answered();
    this.#sink?.rerouted?.(true);
  }

  /** A stream notices itself when nobody acknowledges; a path of datagrams has to ask. */
  #watch(): void {
    this.#consent?.stop();
    const path = this.#current;
    if (path.transport.reliable) this.#consent = undefined;
    else {
      this.#consent = new Consent({
        host: this.#host,
        keepAliveMs: this.#keepAliveMs,
        ask: () => path.send(FRAME.ping, PING),
        suspect: () => {},
        expired: () => path.abort(new NetError('ETIMEDOUT', 'the peer has gone silent')),
      });
    }
  }

  #sayFarewell(farewell: Uint8Array, waitMs: number): void {
    this.#current.send(FRAME.close, farewell);
    this.#closing = this.#host.clock.after(waitMs, () => {
      if (waitMs >= LAST_FAREWELL_MS) this.abort();
      else this.#sayFarewell(farewell, waitMs * 2);
    });
  }

  #hold(old: LinkPath): void {
    this.#release();
    if (old.peerMoved) return;
    this.#held = { old, messages: [], timer: this.#host.clock.after(DRAIN_MS, () => this.#release()) };
  }

  #keep(held: Held, message: Uint8Array): void {
    held.messages.push(message);
    if (held.messages.length >= MAX_HELD) this.#release();
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    held?.timer.cancel();
    for (const message of held?.messages ?? []) this.#deliver(message);
  }

  #moved(path: LinkPath): void {
    path.peerMoved = true;
    if (this.#held?.old === path) this.#release();
    if (path !== this.#current) path.retire(GRACE_MS);
  }

  #told(body: Uint8Array): void {
    this.#release();
    this.#closeReason = decodeReason(body);
    if (this.reliable) return;
    if (!this.#closing) this.#current.send(FRAME.close, EMPTY); // So that the peer need not say it again.
    this.abort();
  }

  #deliver(message: Uint8Array): void {
    this.#sink?.message(message);
  }
}
