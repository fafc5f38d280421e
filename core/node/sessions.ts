import type { Identity } from '../identity/identity.ts';
import type { Plugin, Servers } from '../plugins/plugin.ts';
import type { Transport } from '../plugins/transport.ts';
import type { Host } from '../ports/index.ts';
import { TokenBucket } from '../signal/token-bucket.ts';
import type { AddressContent } from '../wire/address/address-content.ts';
import { type Call, type Hello, SESSION_ID_LENGTH } from '../wire/proof.ts';
import { type PluginStart, SESSION_SECRET_LENGTH, type SessionMessage } from '../wire/session-message.ts';
import type { DueAttempt } from './cascade/cascade.ts';
import { EarlyMessages } from './early-messages.ts';
import { InboundBudget } from './inbound-budget.ts';
import type { Keepsakes } from './keepsakes.ts';
import type { Link } from './link/link.ts';
import { Recoveries } from './recoveries.ts';
import { Recovery } from './recovery.ts';
import { Session } from './session.ts';
import { formatSessionId } from './session-id.ts';
import type { SessionWinner } from './session-options.ts';

/** Sessions that others may have open with us, in all and for each of them. */
const MAX_INBOUND = 64;
const MAX_INBOUND_PER_PEER = 4;
/** Longer than any plugin tries. */
const INBOUND_LIFE_MS = 60_000;
/** Sessions of callers who came without a signal, and so may not be who they say: few, and soon over. */
const MAX_WALK_IN = 16;
const WALK_IN_LIFE_MS = 10_000;

/**
 * Sessions that others may start, from all of them together: keys cost nothing, so a limit for each would be none. It
 * bounds what strangers can make us send to whomever they name: see docs/security.md.
 */
const INBOUND_RATE = { burst: 64, perSecond: 4 };

export interface SessionTableOptions {
  readonly host: Host;
  readonly identity: Identity;
  readonly plugins: readonly Plugin[];
  readonly servers: Servers;
  readonly bindAddress: string | undefined;
  readonly keepsakes: Keepsakes;
  readonly keepAliveMs: () => number;
  /** Our own address at this moment. */
  readonly local: () => AddressContent;
  /** Sends over the signal channel; undefined if the node has none. */
  readonly post: ((to: Uint8Array, remote: AddressContent | undefined, message: SessionMessage) => void) | undefined;
  /** May this peer call? */
  readonly accept: (peerKey: Uint8Array, address: AddressContent | undefined) => boolean;
  /** Finds out how we look from outside now. */
  readonly look: () => Promise<void>;
  /** A peer has got connected to us. */
  readonly accepted: (session: Session, winner: SessionWinner) => void;
}

/** All sessions of a node: finds the one that a message or a connection is for, or opens one for a caller. */
export class SessionTable {
  readonly #options: SessionTableOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #walkIns = new Set<Session>();
  readonly #early: EarlyMessages;
  readonly #pace: TokenBucket;
  readonly #budget: InboundBudget;
  readonly #recoveries = new Recoveries();
  #closed = false;

  constructor(options: SessionTableOptions) {
    this.#options = options;
    this.#early = new EarlyMessages(options.host.clock);
    this.#pace = new TokenBucket(INBOUND_RATE, options.host.clock.now());
    this.#budget = new InboundBudget(options.host.clock);
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** A session that we start. The caller runs it by {@link Session.dial}. */
  initiate(remote: AddressContent): Session {
    const { random } = this.#options.host;
    const id = random.bytes(SESSION_ID_LENGTH);
    return this.#add('initiator', id, remote.publicKey, remote);
  }

  /** A message of a peer; the signal channel has checked who sent it. */
  signalled(from: Uint8Array, remote: AddressContent | undefined, message: SessionMessage): void {
    let session = this.#sessions.get(formatSessionId(message.sessionId));
    if (!session) {
      const recovery = this.#recoveries.find(from, message.sessionId);
      if (recovery) session = this.#recover(recovery, remote, message);
      else if (message.open?.resumes) this.#refuse(from, remote, message.sessionId);
      else if (message.open) session = this.#welcome(from, remote, message.sessionId, 'signalled');
      else this.#early.hold(from, message);
    }
    if (!session || !sameKey(session.remoteKey, from)) return;
    this.#take(session, remote, message);
    if (message.open) for (const early of this.#early.take(from, session.id)) this.#take(session, remote, early);
  }

  #take(session: Session, remote: AddressContent | undefined, message: SessionMessage): void {
    if (message.open && session.role === 'responder') {
      this.#walkIns.delete(session);
      session.open(message.open, remote, this.#known(message.open.plugins));
    }
    session.receive(message);
    if (message.close) session.givenUp();
  }

  /** A connection on which an initiator introduces itself. Nobody has proved anything yet. */
  greeted(hello: Hello, transport: Transport): void {
    const { publicKey } = this.#options.identity;
    const plugins = this.#known([{ plugin: hello.plugin, afterMs: 0, round: 0 }]);
    let session = this.#sessions.get(formatSessionId(hello.sessionId));
    const forUs = sameKey(hello.responderKey, publicKey) && plugins.length > 0;
    const resumes = this.#recoveries.find(hello.initiatorKey, hello.sessionId) !== undefined; // Without a signal: too early.
    if (!session && forUs && !resumes)
      session = this.#welcome(hello.initiatorKey, undefined, hello.sessionId, 'walk-in');
    if (!session || !forUs || session.role !== 'responder' || !sameKey(session.remoteKey, hello.initiatorKey)) {
      transport.abort();
      return;
    }
    session.start(plugins);
    session.deliver(hello.plugin, transport);
  }

  /** A connection that a responder opened to us. */
  called(call: Call, transport: Transport): void {
    const session = this.#sessions.get(formatSessionId(call.sessionId));
    if (session?.role === 'initiator') session.deliver(call.plugin, transport);
    else transport.abort();
  }

  /** From now on this link looks for another path when its own is gone, if there is a way to agree on one. */
  keep(link: Link, session: Session): Recovery | undefined {
    const { host, post, look } = this.#options;
    if (!post || link.reliable) return undefined;
    const recovery = new Recovery({
      clock: host.clock,
      role: session.role,
      link,
      remoteKey: session.remoteKey,
      remote: session.remote,
      interfaces: () => host.interfaces(),
      look,
      dial: ({ remoteKey, remote }, searchId) => {
        const id = searchId ?? host.random.bytes(SESSION_ID_LENGTH);
        const search = this.#add('initiator', id, remoteKey, remote, link, searchId === undefined);
        search.dialAs(session);
        return search;
      },
      ask: ({ remoteKey, remote }, sessionId) => post(remoteKey, remote, { sessionId, entries: [] }),
      ended: () => this.#recoveries.delete(recovery),
    });
    this.#recoveries.add(recovery);
    link.finder = recovery;
    return recovery;
  }

  close(reason: string): void {
    this.#closed = true;
    for (const session of this.#sessions.values()) session.close(reason);
    this.#sessions.clear();
  }

  #known(starts: readonly PluginStart[]): DueAttempt[] {
    return starts.flatMap(({ plugin: name, afterMs, round }) => {
      const plugin = this.#options.plugins.find((candidate) => candidate.name === name);
      return plugin ? [{ plugin, afterMs, round }] : [];
    });
  }

  /** A session for a pipe that there is. @returns undefined: none that we take part in, or not yet */
  #recover(recovery: Recovery, remote: AddressContent | undefined, message: SessionMessage): Session | undefined {
    const { sessionId, open, close } = message;
    if (recovery.role === 'initiator') recovery.asked(remote);
    else if (!open && !close) this.#early.hold(recovery.remoteKey, message);
    else if (open && recovery.begun(sessionId)) {
      const session = this.#welcome(
        recovery.remoteKey,
        remote ?? recovery.remote,
        sessionId,
        'signalled',
        recovery.link,
      );
      if (session) recovery.join(session);
      return session;
    }
    return undefined;
  }

  /** Who looks for another path for a pipe that is no more need not look any further. */
  #refuse(from: Uint8Array, remote: AddressContent | undefined, sessionId: Uint8Array): void {
    const { host, post } = this.#options;
    if (this.#pace.take(host.clock.now())) post?.(from, remote, { sessionId, entries: [], close: true });
  }

  /** A session that a peer starts; undefined if there are too many, or it may not. */
  #welcome(
    from: Uint8Array,
    remote: AddressContent | undefined,
    id: Uint8Array,
    how: 'signalled' | 'walk-in',
    link?: Link,
  ): Session | undefined {
    const { host, identity, accept, accepted } = this.#options;
    if (this.#closed || !this.#hasRoom(from, how) || sameKey(from, identity.publicKey)) return undefined;
    if (!this.#pace.take(host.clock.now())) return undefined;
    if (!accept(from, remote)) return undefined;
    const session = this.#add('responder', id, from, remote, link);
    const timers = [host.clock.after(INBOUND_LIFE_MS, () => session.close('took too long'))];
    if (how === 'walk-in') {
      this.#walkIns.add(session);
      const leave = () => this.#walkIns.has(session) && session.close('took too long');
      timers.push(host.clock.after(WALK_IN_LIFE_MS, leave));
    }
    if (!link) void session.winner.then((winner) => winner && accepted(session, winner));
    void session.ended.then(() => {
      for (const timer of timers) timer.cancel();
      this.#walkIns.delete(session);
    });
    return session;
  }

  /** Walk-ins have a budget of their own: they never keep out who came with a signal. */
  #hasRoom(from: Uint8Array, how: 'signalled' | 'walk-in'): boolean {
    if (how === 'walk-in') return this.#walkIns.size < MAX_WALK_IN;
    const inbound = [...this.#sessions.values()].filter(
      (session) => session.role === 'responder' && !this.#walkIns.has(session),
    );
    const ofPeer = inbound.filter(({ remoteKey }) => sameKey(remoteKey, from));
    return inbound.length < MAX_INBOUND && ofPeer.length < MAX_INBOUND_PER_PEER;
  }

  #add(
    role: 'initiator' | 'responder',
    id: Uint8Array,
    remoteKey: Uint8Array,
    remote: AddressContent | undefined,
    link?: Link,
    anew = false,
  ): Session {
    const { host, identity, servers, bindAddress, keepsakes, keepAliveMs, post, local } = this.#options;
    const session: Session = new Session({
      host,
      identity,
      role,
      id,
      share: host.random.bytes(SESSION_SECRET_LENGTH),
      local: local(),
      remote,
      remoteKey,
      servers,
      bindAddress,
      keepsakes,
      keepAliveMs,
      ...(link && { link, anew }),
      ...(role === 'responder' && { spend: this.#budget.ofSession() }),
      post: post && ((message) => post(remoteKey, session.remote, message)),
    });
    this.#sessions.set(session.idText, session);
    void session.ended.then(() => this.#sessions.delete(session.idText));
    return session;
  }
}

function sameKey(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.length).equals(b);
}
