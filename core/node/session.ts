import type { Identity } from '../identity/identity.ts';
import type { PlanInput, Plugin, ProvenTransport, Role, Servers } from '../plugins/plugin.ts';
import type { Transport } from '../plugins/transport.ts';
import type { Host, Timer } from '../ports/index.ts';
import type { AddressContent } from '../wire/address/address-content.ts';
import { withContext } from '../wire/context.ts';
import { type Hello, NONCE_LENGTH } from '../wire/proof.ts';
import type { PluginEntry, SessionMessage } from '../wire/session-message.ts';
import { WireError } from '../wire/wire-error.ts';
import type { AttemptReport } from './attempt-report.ts';
import { AttemptRunner, type AttemptSession, type Candidate } from './attempt-runner.ts';
import { type HandshakeKeys, initiate, respond } from './handshake.ts';
import { Mailbox } from './mailbox.ts';
import { Nomination } from './nomination.ts';
import type { ProvenLink } from './proven-link.ts';
import { formatSessionId } from './session-id.ts';

export interface SessionOptions {
  readonly host: Host;
  readonly identity: Identity;
  readonly role: Role;
  readonly id: Uint8Array;
  /** Known to the two ends alone; random, and of no use, where the peer can't be told it. */
  readonly secret: Uint8Array;
  readonly local: AddressContent;
  readonly remote: AddressContent | undefined;
  readonly remoteKey: Uint8Array;
  readonly servers: Servers;
  readonly bindAddress: string | undefined;
  /** When relayed plugins start, if direct ones still run. */
  readonly relayDelayMs: number;
  /** How long a relayed path waits for a direct one, from the dial on. */
  readonly relayHoldMs: number;
  /** Sends a message to the peer over the signal channel; undefined where there is none. */
  readonly post: ((message: SessionMessage) => void) | undefined;
}

export interface SessionWinner {
  readonly link: ProvenLink;
  readonly plugin: string;
  /** Frees what the attempt still holds. */
  dispose(): void;
}

/** One try of two nodes to get connected: all plugins at once, the first path that both ends have proved wins. */
export class Session implements AttemptSession {
  readonly host: Host;
  readonly role: Role;
  readonly id: Uint8Array;
  readonly idText: string;
  readonly remoteKey: Uint8Array;
  readonly bindAddress: string | undefined;
  readonly mailbox: Mailbox;
  readonly startedAtUs: number;
  /** Undefined: every plugin has ended and none won, or the session was closed. */
  readonly winner: Promise<SessionWinner | undefined>;
  readonly #options: SessionOptions;
  readonly #runners = new Map<string, AttemptRunner>();
  #secret: Uint8Array;
  #remote: AddressContent | undefined;
  #nomination: Nomination | undefined;
  /** Relayed plugins that have not started yet. */
  #waiting: readonly Plugin[] = [];
  #relayTimer: Timer | undefined;
  #settle!: (winner: SessionWinner | undefined) => void;
  #over = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.host = options.host;
    this.role = options.role;
    this.id = options.id;
    this.idText = formatSessionId(options.id);
    this.#secret = options.secret;
    this.#remote = options.remote;
    this.remoteKey = options.remoteKey;
    this.bindAddress = options.bindAddress;
    this.startedAtUs = options.host.clock.now();
    this.mailbox = new Mailbox(options.host.clock, (entries) => this.#post({ sessionId: this.id, entries }));
    this.winner = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get secret(): Uint8Array {
    return this.#secret;
  }

  /** The peer's address; undefined as long as it has not shown it. */
  get remote(): AddressContent | undefined {
    return this.#remote;
  }

  get over(): boolean {
    return this.#over;
  }

  /** How each plugin's try ended so far. */
  get reports(): AttemptReport[] {
    return [...this.#runners.values()].flatMap((runner) => runner.report ?? []);
  }

  /**
   * The initiator's start, once. Direct plugins run at once; the relayed ones follow when no direct one is left or some
   * time has gone by, since most pairs are connected by then and a relay costs somebody something.
   */
  dial(plugins: readonly Plugin[]): void {
    const direct = plugins.filter(({ path }) => path === 'direct');
    const relayed = plugins.filter(({ path }) => path === 'relayed');
    this.#nomination = new Nomination(this.host.clock, direct.length, this.#options.relayHoldMs);
    this.#add(plugins);
    this.#waiting = relayed;
    if (direct.length === 0) this.#runRelayed();
    else {
      if (relayed.length > 0) {
        this.#relayTimer = this.host.clock.after(this.#options.relayDelayMs, () => this.#runRelayed());
      }
      this.#runAtBothEnds(direct);
    }
  }

  /** The responder's: starts those of the plugins that do not run yet. */
  start(plugins: readonly Plugin[]): void {
    const added = this.#add(plugins);
    const input = this.#planInput();
    for (const runner of added) void this.#run(runner, input);
  }

  /** The initiator has told a responder what it runs. What runs already, because a connection came first, goes on. */
  open(secret: Uint8Array, remote: AddressContent | undefined, plugins: readonly Plugin[]): void {
    if (this.#over) return;
    this.#secret = secret;
    this.#remote = remote ?? this.#remote;
    this.start(plugins);
  }

  /** What the peer's plugins say. */
  receive(entries: readonly PluginEntry[]): void {
    for (const { plugin, payload, ended } of entries) {
      if (ended) this.#runners.get(plugin)?.peerEnded(printable(payload));
      else this.mailbox.deliver(plugin, payload);
    }
  }

  /** A transport that the peer opened to our listening port, for the attempt of this plugin. */
  deliver(plugin: string, transport: Transport): void {
    const runner = this.#over ? undefined : this.#runners.get(plugin);
    if (runner) runner.deliver(transport);
    else transport.abort();
  }

  /** The handshake over a candidate, for an attempt. */
  async prove({ plugin }: AttemptRunner, { transport, clock, signal }: Candidate): Promise<ProvenTransport> {
    const { host } = this;
    const base = { transport, clock, keys: this.#keys(), signal };
    const nonce = host.random.bytes(NONCE_LENGTH);
    if (this.role === 'responder') {
      return respond({ ...base, nonce, admit: (hello) => this.#admit(hello, plugin.name) });
    }
    const hello: Hello = {
      sessionId: this.id,
      initiatorKey: this.#options.identity.publicKey,
      responderKey: this.remoteKey,
      nonce,
      plugin: plugin.name,
    };
    const path = {};
    const nominate = () => this.#nomination!.request(path, plugin.path);
    try {
      return await initiate({ ...base, hello, nominate });
    } catch (error) {
      this.#nomination!.release(path);
      throw error;
    }
  }

  /** Ends every attempt. The peer is told, if it may still be trying. */
  close(reason: string, tellPeer = true): void {
    if (this.#over) return;
    if (tellPeer) this.#post({ sessionId: this.id, entries: [], close: true });
    this.#finish(undefined, reason);
  }

  #add(plugins: readonly Plugin[]): AttemptRunner[] {
    const added = plugins.filter((plugin) => !this.#runners.has(plugin.name));
    return added.map((plugin) => {
      const runner = new AttemptRunner(this, plugin);
      this.#runners.set(plugin.name, runner);
      this.mailbox.open(plugin.name);
      return runner;
    });
  }

  #runAtBothEnds(plugins: readonly Plugin[]): void {
    const names = plugins.map(({ name }) => name);
    this.#post({ sessionId: this.id, open: { plugins: names, secret: this.#secret }, entries: [] });
    const input = this.#planInput();
    for (const name of names) void this.#run(this.#runners.get(name)!, input);
  }

  #runRelayed(): void {
    const relayed = this.#waiting;
    this.#waiting = [];
    this.#relayTimer?.cancel();
    if (!this.#over && relayed.length > 0) this.#runAtBothEnds(relayed);
  }

  async #run(runner: AttemptRunner, input: PlanInput): Promise<void> {
    const link = await runner.run(input);
    if (link) {
      const winner = { link, plugin: runner.plugin.name, dispose: () => runner.dispose() };
      this.#finish(winner, 'lost the race');
      return;
    }
    this.#nomination?.withdraw(runner.plugin.path);
    const { outcome, reason } = runner.report!;
    // What our dials met is nobody's business: a stranger could have us knock at doors and tell who opened.
    const told = outcome === 'not-applicable' ? reason : 'it failed there';
    if (!this.#over && outcome !== 'cancelled') this.mailbox.sendEnd(runner.plugin.name, told);
    if (this.role === 'responder') return;
    const left = [...this.#runners.values()].filter((other) => !other.report).length;
    if (left === 0) this.close('no plugin connected');
    else if (left === this.#waiting.length) this.#runRelayed();
  }

  #finish(winner: SessionWinner | undefined, reason: string): void {
    if (this.#over) return;
    this.#over = true;
    for (const runner of this.#runners.values()) runner.cancel(reason);
    this.mailbox.close();
    this.#nomination?.close();
    this.#relayTimer?.cancel();
    this.#settle(winner);
  }

  #planInput(): PlanInput {
    const { role, local, servers, post } = this.#options;
    return { role, local, remote: this.#remote, servers, signalling: post !== undefined };
  }

  #keys(): HandshakeKeys {
    const { identity, host } = this.#options;
    return {
      sign: (context, message) => identity.sign(context, message),
      verify: (context, signature, message, key) => host.signer.verify(signature, withContext(context, message), key),
    };
  }

  #admit(hello: Hello, plugin: string): void {
    const expected = Buffer.concat([this.id, this.remoteKey, this.#options.identity.publicKey]);
    const named = Buffer.concat([hello.sessionId, hello.initiatorKey, hello.responderKey]);
    if (!expected.equals(named) || hello.plugin !== plugin) throw new WireError('a hello for another session');
  }

  #post(message: SessionMessage): void {
    this.#options.post?.(message);
  }
}

/** The peer's text, which may be printed. */
function printable(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8').replace(/\p{C}/gu, '');
}
