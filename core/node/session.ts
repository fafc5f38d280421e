import type { PlanInput, Plugin, ProvenTransport, Role } from '../plugins/plugin.ts';
import type { Transport } from '../plugins/transport.ts';
import type { Host, Timer } from '../ports/index.ts';
import type { AddressContent } from '../wire/address/address-content.ts';
import { decodeReason } from '../wire/sealed-frame.ts';
import type { PluginEntry, SessionMessage, SessionOpening } from '../wire/session-message.ts';
import type { AttemptReport } from './attempt-report.ts';
import { AttemptRunner, type AttemptSession, type Candidate } from './attempt-runner.ts';
import { Cascade, type DueAttempt } from './cascade/cascade.ts';
import { outlookOf } from './cascade/outlook.ts';
import { type CascadePlan, planCascade } from './cascade/plan.ts';
import type { Spend } from './inbound-budget.ts';
import type { Keepsakes } from './keepsakes.ts';
import { Link } from './link/link.ts';
import type { LinkPath } from './link/link-path.ts';
import { Mailbox } from './mailbox.ts';
import { Nomination } from './nomination.ts';
import { planInput } from './plan-input.ts';
import { Prover } from './prover.ts';
import { formatSessionId } from './session-id.ts';
import { SessionKeys } from './session-keys.ts';
import type { DialPolicy, SessionOptions, SessionWinner } from './session-options.ts';

const GIVEN_UP = 'the peer gave up';
/** What an attempt costs whose plugin does not say. */
const DEFAULT_PACKETS = 16;

/**
 * One try of two nodes to get connected. The first path that both ends have proved makes the link; where that is a
 * relay, the session goes on until a direct path has taken over or none can come any more.
 */
export class Session implements AttemptSession {
  readonly host: Host;
  readonly role: Role;
  readonly id: Uint8Array;
  readonly idText: string;
  readonly remoteKey: Uint8Array;
  readonly bindAddress: string | undefined;
  readonly keepsakes: Keepsakes;
  readonly spend: Spend | undefined;
  readonly mailbox: Mailbox;
  readonly startedAtUs: number;
  readonly keys: SessionKeys;
  /** Undefined: every plugin has ended and none won, or the session was closed. */
  readonly winner: Promise<SessionWinner | undefined>;
  /** Resolves when nothing of the session runs any more: what it found is final. */
  readonly ended: Promise<void>;
  readonly #options: SessionOptions;
  readonly #cascade: Cascade;
  readonly #prover: Prover;
  #policy: DialPolicy = {};
  #plugins: readonly Plugin[] = [];
  #plan: CascadePlan | undefined;
  #remote: AddressContent | undefined;
  #nomination: Nomination | undefined;
  #link: Link | undefined;
  #carrier: AttemptRunner | undefined;
  #limit: Timer | undefined;
  #settle!: (winner: SessionWinner | undefined) => void;
  #end!: () => void;
  #ending: string | undefined;

  constructor(options: SessionOptions) {
    const { host, role, id, remoteKey, identity } = options;
    this.#options = options;
    this.host = host;
    this.role = role;
    this.id = id;
    this.idText = formatSessionId(id);
    const parties = { role, id, ownKey: identity.publicKey, remoteKey };
    this.keys = new SessionKeys(parties, options.share, options.anew ? undefined : options.link?.path.guard);
    this.#prover = new Prover({ host, identity, id, remoteKey, keys: this.keys });
    this.#remote = options.remote;
    this.remoteKey = remoteKey;
    this.bindAddress = options.bindAddress;
    this.keepsakes = options.keepsakes;
    this.spend = options.spend;
    this.startedAtUs = host.clock.now();
    this.mailbox = new Mailbox(host.clock, (batch) => this.#post(batch));
    this.winner = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#cascade = new Cascade(host.clock, (plugin, round) => this.#runner(plugin, round), {
      proven: (runner, path) => this.#proven(runner, path),
      failed: (runner) => this.#failed(runner),
    });
  }

  /** The peer's address; undefined as long as it has not shown it. */
  get remote(): AddressContent | undefined {
    return this.#remote;
  }

  get over(): boolean {
    return this.#ending !== undefined;
  }

  /** Has it a path that works? */
  get found(): boolean {
    return this.#link !== undefined;
  }

  /** The peer has nothing, or no longer anything, to do with it. */
  get refused(): boolean {
    return this.#ending === GIVEN_UP;
  }

  /** How each plugin's try ended so far. */
  get reports(): AttemptReport[] {
    return this.#cascade.reports;
  }

  /**
   * The initiator's start, once.
   * @param limitMs when to give up @default as the plan says
   */
  dial(plugins: readonly Plugin[], policy: DialPolicy = {}, limitMs?: number): void {
    this.#policy = policy;
    this.#plugins = plugins;
    const contenders = plugins.map(({ name, path, packets = DEFAULT_PACKETS }) => ({ name, path, packets }));
    const outlook = outlookOf(this.#options.local, this.#remote);
    const plan = (this.#plan = planCascade(contenders, { outlook, relay: policy.relay ?? 'hold', limitMs }));
    const direct = contenders.filter(({ path }) => path === 'direct').length;
    this.#nomination = new Nomination(this.host.clock, direct, plan.relayHoldMs);
    this.#limit = this.host.clock.after(plan.limitMs, () =>
      this.#giveUp(`no plugin connected within ${plan.limitMs} ms`),
    );
    const named = (name: string) => plugins.find((plugin) => plugin.name === name)!;
    this.#startAtBothEnds(plan.starts.map(({ name, afterMs }) => ({ plugin: named(name), afterMs, round: 0 })));
  }

  /** The initiator's start, as that of another session. */
  dialAs(other: Session): void {
    this.dial(other.#plugins, other.#policy);
  }

  /** The responder's: starts those of the plugins that do not run yet. */
  start(due: readonly DueAttempt[]): void {
    if (!this.over) this.#cascade.schedule(due, () => this.#planInput());
  }

  /** The initiator has told a responder what it runs. What runs already, because a connection came first, goes on. */
  open(opening: SessionOpening, remote: AddressContent | undefined, due: readonly DueAttempt[]): void {
    if (this.over) return;
    const { secret, plugins: _, resumes: __, ...policy } = opening;
    this.keys.learn(secret);
    this.#remote = remote ?? this.#remote;
    this.#policy = policy;
    this.mailbox.nudge();
    this.start(due);
  }

  /** What the peer's plugins say. */
  receive({ entries, share }: Pick<SessionMessage, 'entries' | 'share'>): void {
    if (share && this.role === 'initiator') this.keys.learn(share);
    for (const entry of entries) {
      if (!entry.ended) this.mailbox.deliver(entry);
      else this.#peerEnded(entry);
    }
  }

  /** A transport that the peer opened to our listening port, for the attempt of this plugin. */
  deliver(plugin: string, transport: Transport): void {
    const runner = this.over ? undefined : this.#cascade.get(plugin);
    if (runner) runner.deliver(transport);
    else transport.abort();
  }

  /** The handshake over a candidate, for an attempt. */
  prove({ plugin }: AttemptRunner, candidate: Candidate): Promise<ProvenTransport> {
    if (this.role === 'responder') return this.#prover.respond(plugin, candidate);
    const { transport } = this.#policy;
    return this.#prover.initiate(plugin, candidate, {
      ...(transport && { transport }),
      nomination: this.#nomination!,
      guard: () => (this.#link ?? (this.#options.anew ? undefined : this.#options.link))?.path.guard,
    });
  }

  /** The peer has given the session up. */
  givenUp(): void {
    this.#finish(GIVEN_UP);
  }

  /** Ends every attempt. A link stays. The peer is told, if it may still be trying. */
  close(reason: string, tellPeer = true): void {
    if (this.over) return;
    if (tellPeer) this.#post({ entries: [], close: true });
    this.#finish(reason);
  }

  #runner(plugin: Plugin, round: number): AttemptRunner {
    const runner = new AttemptRunner(this, plugin, round);
    this.mailbox.open(plugin.name, round);
    const { transport = plugin.transport } = this.#policy;
    if (plugin.transport && plugin.transport !== transport) runner.skip(`a ${transport} was asked for`);
    return runner;
  }

  #startAtBothEnds(due: readonly DueAttempt[]): void {
    const { family, transport, reliable = false } = this.#policy;
    const resumes = this.#options.link !== undefined && !this.#options.anew;
    const wanted = {
      reliable,
      ...(resumes && { resumes }),
      ...(family && { family }),
      ...(transport && { transport }),
    };
    const plugins = due.map(({ plugin, afterMs, round }) => ({ plugin: plugin.name, afterMs, round }));
    this.mailbox.sendOpening({ plugins, secret: this.keys.share, ...wanted });
    this.start(due);
  }

  #proven(runner: AttemptRunner, path: LinkPath): void {
    path.release = () => runner.dispose();
    const link = this.#link ?? this.#options.link;
    if (this.over || (link && !link.adopt(path))) {
      path.abort();
      return;
    }
    this.#carrier?.replaced(runner.plugin.name);
    this.#carrier = runner;
    if (!this.#link) {
      this.#link = link ?? new Link(path, this.host, this.#options.keepAliveMs);
      // Who came without a signal has not said whether it wants this.
      const reliable = this.#policy.reliable === true && path.guard === this.keys.known;
      this.#settle({ link: this.#link, reliable });
    }
    this.#cascade.cancel('lost the race', runner.plugin.path === 'direct' ? undefined : 'relayed');
    // Not before: the peer must not hear of the second path first.
    if (path.kind === 'relayed') void path.confirmed.then(() => this.#nomination?.relayTaken());
    if (runner.plugin.path === 'direct' || this.#cascade.alive === 0) this.#finish('lost the race');
  }

  #failed(runner: AttemptRunner): void {
    const { outcome, reason } = runner.report!;
    if (this.over || outcome === 'cancelled') return;
    if (outcome === 'failed' && this.#mayRetry(runner)) {
      const again = { plugin: runner.plugin, afterMs: 0, round: runner.round + 1 };
      this.#startAtBothEnds([again]);
      return;
    }
    this.#nomination?.withdraw(runner.plugin.path);
    // What our dials met is nobody's business: a stranger could have us knock at doors and tell who opened.
    const told = outcome === 'not-applicable' ? reason : 'it failed there';
    if (!runner.endedByPeer) this.mailbox.sendEnd(runner.plugin.name, told);
    const { alive, waiting } = this.#cascade;
    if (alive === 0) this.#exhausted();
    else if (this.role === 'initiator' && alive === waiting.length) this.#hurry(waiting);
  }

  /** Nothing runs, but something is due: why wait? */
  #hurry(waiting: readonly Plugin[]): void {
    this.#startAtBothEnds(waiting.map((plugin) => ({ plugin, afterMs: 0, round: 0 })));
  }

  #mayRetry({ round }: AttemptRunner): boolean {
    if (!this.#plan || this.#link || round > 0 || this.#policy.retry === false) return false;
    return this.host.clock.now() - this.startedAtUs < this.#plan.retryUntilMs * 1000;
  }

  #exhausted(): void {
    if (this.#link) this.#finish('no other path was found');
    else if (this.role === 'initiator') this.close('no plugin connected');
  }

  #giveUp(reason: string): void {
    if (this.#link) this.#finish(reason);
    else this.close(reason);
  }

  #peerEnded({ plugin, round, payload }: PluginEntry): void {
    const runner = this.#cascade.get(plugin);
    if (runner?.round === round) runner.peerEnded(decodeReason(payload));
  }

  #finish(reason: string): void {
    if (this.over) return;
    this.#ending = reason;
    this.#cascade.cancel(reason);
    this.mailbox.close();
    this.#nomination?.close();
    this.#limit?.cancel();
    this.#settle(undefined);
    this.#end();
  }

  #planInput(): PlanInput {
    const signalling = this.#options.post !== undefined;
    return planInput({ ...this.#options, signalling }, this.#remote, this.#policy);
  }

  #post(message: Omit<SessionMessage, 'sessionId'>): void {
    const share = this.role === 'responder' && this.keys.known ? { share: this.keys.share } : {};
    this.#options.post?.({ sessionId: this.id, ...share, ...message });
  }
}
