import { Identity } from '../identity/identity.ts';
import type { NatReport } from '../nat/nat-report.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { Plugin, Servers } from '../plugins/plugin.ts';
import type { Host } from '../ports/index.ts';
import type { RefreshOptions } from '../signal/address-exchange.ts';
import type { SignalChannel, SignalMessage } from '../signal/signal-channel.ts';
import { ClockKeeper } from '../time/clock-keeper.ts';
import { SteeredClock, withClock } from '../time/steered-clock.ts';
import { type Address, formatAddress } from '../wire/address/address.ts';
import { decodeSessionMessage, encodeSessionMessage, type SessionMessage } from '../wire/session-message.ts';
import { WireError } from '../wire/wire-error.ts';
import { ConnectError } from './attempt-report.ts';
import { checkConnectOptions, checkNodeOptions } from './check-options.ts';
import { withIpv4 } from './ipv4-over-nat64.ts';
import { Keepsakes } from './keepsakes.ts';
import { KEEP_ALIVE_MS } from './link/keep-alive.ts';
import { MappingKeeper } from './mapping-keeper.ts';
import type { ConnectOptions, NodeOptions } from './node-options.ts';
import { type MessageHandler, Pipe } from './pipe.ts';
import { pluginsOf, selectPlugins } from './plugin-selection.ts';
import { Presence } from './presence.ts';
import { Reception } from './reception.ts';
import { ReliableLink } from './reliable/reliable-link.ts';
import type { Session } from './session.ts';
import type { SessionWinner } from './session-options.ts';
import { SessionTable } from './sessions.ts';

/** The kind of the signal messages that sessions exchange. */
const SESSION_KIND = 'session';
const ADDRESS_LIFETIME_MS = 604_800_000;
/** Pipes that peers may have open with us; our own do not count. */
const MAX_ACCEPTED = 1024;

export type { ConnectOptions, NodeOptions, NodeServers } from './node-options.ts';

/** An engine with an identity: it has an address, dials other nodes, and takes their calls. */
export class Node {
  readonly host: Host;
  readonly identity: Identity;
  readonly #options: NodeOptions;
  readonly #plugins: readonly Plugin[];
  readonly #pipes = new Set<Pipe>();
  #accepted = 0;
  readonly #pipeHandlers = new Set<(pipe: Pipe) => void>();
  /** Each with what takes it off the pipes that it is on. */
  readonly #messageHandlers = new Map<MessageHandler, Set<() => void>>();
  readonly #keepsakes: Keepsakes;
  readonly #clockKeeper: ClockKeeper | undefined;
  readonly #keepAliveMs: number;
  #mappings: MappingKeeper | undefined;
  #reception!: Reception;
  #presence: Presence | undefined;
  #sessions: SessionTable | undefined;
  #closed = false;

  private constructor(host: Host, options: NodeOptions) {
    const ntp = options.servers?.ntp ?? [];
    const clock = ntp.length > 0 ? new SteeredClock(host.clock) : undefined;
    this.host = clock ? withClock(host, clock) : host;
    this.#clockKeeper = clock && new ClockKeeper(host, clock, { servers: ntp });
    this.#options = options;
    this.#keepsakes = new Keepsakes(host);
    const { keepAliveMs = KEEP_ALIVE_MS } = options;
    this.#keepAliveMs = typeof keepAliveMs === 'number' ? keepAliveMs : KEEP_ALIVE_MS;
    this.identity = options.identity ?? Identity.generate(host);
    this.#plugins = pluginsOf(options);
  }

  /**
   * Starts listening, connects to the brokers, and finds out how the node looks from outside.
   * @throws NetError if the port can't be had; NameError, RangeError for options that make no sense
   */
  static async start(host: Host, options: NodeOptions = {}): Promise<Node> {
    checkNodeOptions(options);
    const node = new Node(await withIpv4(host), options);
    try {
      await node.#start();
    } catch (error) {
      await node.close();
      throw error;
    }
    return node;
  }

  /** Short name of the node's key. */
  get id(): string {
    return this.identity.nodeId;
  }

  /** What to tell others. It changes when brokers come and go, and when the NAT does. */
  get address(): Address {
    return this.#presence!.address;
  }

  /** The address as text. */
  get addressText(): string {
    return formatAddress(this.address);
  }

  /** What the node found out about the NAT in front of it; undefined without a STUN server. */
  get natReport(): NatReport | undefined {
    return this.#presence?.report;
  }

  /** The nickname, and when it is ours; undefined without one. */
  get nickname(): { readonly name: string; readonly registered: Promise<void> } | undefined {
    return this.#presence?.nickname;
  }

  /** How long a quiet pipe over datagrams is left alone now. */
  get keepAliveMs(): number {
    return this.#mappings?.keepAliveMs ?? this.#keepAliveMs;
  }

  /** Signal messages sent since the start. */
  get signalsSent(): number {
    return this.#presence?.channel?.counters.sent ?? 0;
  }

  /** The address behind a nickname. @throws NamesError, NameError; RangeError without a name server */
  resolve(name: string): Promise<Address> {
    return this.#presence!.resolve(name);
  }

  /** Asks the node at an address for the one that it has now, which may be the same. @throws SignalError */
  refresh(address: Address, options?: RefreshOptions): Promise<Address> {
    return this.#presence!.refresh(address, options);
  }

  /** Calls the handler for each pipe that a peer opens. @returns a function that takes it off again */
  onPipe(handler: (pipe: Pipe) => void): () => void {
    this.#pipeHandlers.add(handler);
    return () => this.#pipeHandlers.delete(handler);
  }

  /** Calls the handler for every message of every pipe, from now on. @returns a function that takes it off again */
  onMessage(handler: MessageHandler): () => void {
    const offs = new Set([...this.#pipes].map((pipe) => pipe.onMessage(handler)));
    this.#messageHandlers.set(handler, offs);
    return () => {
      this.#messageHandlers.delete(handler);
      for (const off of offs) off();
    };
  }

  /**
   * Runs plugins against a peer, all at once.
   *
   * @param peer its address as text, bytes, or parsed, or its nickname; an address that has expired is refreshed first
   * @returns the pipe, and the name of the plugin that won
   * @throws ConnectError with the account of every attempt; AddressError; NamesError; RangeError for an
   *   unknown plugin, or options that make no sense
   */
  async connect(peer: Address | Uint8Array | string, options: ConnectOptions = {}): Promise<[Pipe, string]> {
    checkConnectOptions(options);
    const remote = await this.#presence!.find(peer);
    if (Buffer.from(remote.publicKey).equals(this.identity.publicKey)) throw new RangeError('the address is our own');
    if (this.#closed) throw new Error('the node is closed');
    const plugins = selectPlugins(this.#plugins, options.plugins);
    options.signal?.throwIfAborted();
    const session = this.#sessions!.initiate(remote);
    const abort = () => session.close('given up');
    options.signal?.addEventListener('abort', abort, { once: true });
    session.dial(plugins, options, options.timeoutMs);
    const winner = await session.winner;
    options.signal?.removeEventListener('abort', abort);
    if (winner && (this.#closed || options.signal?.aborted)) {
      winner.link.end('given up');
      winner.link.abort();
      session.close('given up');
    }
    options.signal?.throwIfAborted();
    if (this.#closed) throw new Error('the node was closed');
    if (!winner) throw new ConnectError('no plugin connected', session.reports);
    const pipe = this.#adopt(winner, session);
    return [pipe, pipe.plugin];
  }

  /**
   * Closes every session and pipe, and frees every socket. Takes a few seconds at most, for what is queued on reliable
   * pipes. Closing twice does nothing.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#clockKeeper?.close();
    this.#mappings?.close();
    this.#sessions?.close('the node is closing');
    const pipes = [...this.#pipes];
    for (const pipe of pipes) pipe.close('the node is closing');
    this.#reception?.close();
    await Promise.all([...pipes.map(({ released }) => released), this.#keepsakes.close(), this.#presence?.close()]);
  }

  async #start(): Promise<void> {
    const { host, identity } = this;
    const { servers, listen } = this.#options;
    this.#reception = await Reception.open(host, listen ?? {}, {
      // Whoever comes before the node knows its own address comes too early.
      hello: (hello, transport) => (this.#sessions ? this.#sessions.greeted(hello, transport) : transport.abort()),
      call: (call, transport) => (this.#sessions ? this.#sessions.called(call, transport) : transport.abort()),
    });
    const accept = this.#options.accept ?? (() => true);
    const presence = Presence.create(host, identity, {
      stun: servers?.stun ?? [],
      brokers: servers?.brokers ?? [],
      names: servers?.names ?? [],
      nickname: this.#options.nickname,
      addressLifetimeMs: this.#options.addressLifetimeMs ?? ADDRESS_LIFETIME_MS,
      portOf: (family) => this.#reception.portOf(family),
      bindAddress: listen?.address,
      changed: () => this.#mappings?.measure(),
      answer: (peerKey) => accept(peerKey, undefined),
    });
    this.#presence = presence;
    await presence.open();
    const { channel } = presence;
    if (this.#options.keepAliveMs === 'measured') {
      this.#mappings = new MappingKeeper(host, { stun: servers?.stun ?? [], bindAddress: listen?.address });
    }
    channel?.onMessage((message) => this.#signalled(message));
    this.#sessions = new SessionTable({
      host,
      identity,
      plugins: this.#plugins,
      servers: { stun: servers?.stun ?? [], turn: servers?.turn ?? [] } satisfies Servers,
      bindAddress: listen?.address,
      keepAliveMs: () => this.keepAliveMs,
      keepsakes: this.#keepsakes,
      local: () => presence.address,
      look: () => presence.renew(),
      post: channel && ((to, remote, message) => this.#post(channel, to, remote?.brokers, message)),
      accept,
      accepted: (session, winner) => this.#accept(session, winner),
    });
  }

  #post(
    channel: SignalChannel,
    to: Uint8Array,
    brokers: readonly Endpoint[] | undefined,
    message: SessionMessage,
  ): void {
    // Who asks, by an empty message, for another path may be elsewhere by now.
    const asks = message.entries.length === 0 && !message.share && !message.close;
    const address = message.open || asks ? this.address.bytes : undefined;
    // We dial the brokers of whom we call; whoever calls us names none for us to dial.
    const hints = { brokers: brokers ?? [], dialUnknown: message.open !== undefined };
    channel
      .send(to, SESSION_KIND, encodeSessionMessage(message), { ...hints, ...(address && { address }) })
      .catch((error: Error) => this.host.events.emit('signal-failed', { reason: error.message }));
  }

  #signalled(message: SignalMessage): void {
    if (message.kind !== SESSION_KIND) return;
    try {
      this.#sessions?.signalled(message.from, message.address, decodeSessionMessage(message.body));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.host.events.emit('signal-refused', { reason: error.message });
    }
  }

  #accept(session: Session, winner: SessionWinner): void {
    if (this.#closed || this.#accepted >= MAX_ACCEPTED) {
      winner.link.end('too many pipes');
      winner.link.abort();
      session.close('too many pipes');
      return;
    }
    const pipe = this.#adopt(winner, session);
    this.#accepted++;
    void pipe.closed.then(() => this.#accepted--);
    for (const handler of this.#pipeHandlers) handler(pipe);
  }

  #adopt(winner: SessionWinner, session: Session): Pipe {
    const recovery = this.#sessions?.keep(winner.link, session);
    const pipe = new Pipe({
      link: winner.reliable && !winner.link.reliable ? new ReliableLink(winner.link, this.host.clock) : winner.link,
      clock: this.host.clock,
      peerKey: session.remoteKey,
      attempts: () => (recovery?.session ?? session).reports,
      settled: session.ended,
    });
    this.#pipes.add(pipe);
    void pipe.closed.then(() => {
      this.#pipes.delete(pipe);
      session.close('the pipe was closed', false);
    });
    for (const [handler, offs] of this.#messageHandlers) offs.add(pipe.onMessage(handler));
    return pipe;
  }
}
