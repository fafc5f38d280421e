import {
  type Attempt,
  NotApplicable,
  type PlanInput,
  type Plugin,
  type ProvenTransport,
  type Role,
} from '../plugins/plugin.ts';
import type { Transport } from '../plugins/transport.ts';
import type { Host } from '../ports/index.ts';
import { encodeCall } from '../wire/proof.ts';
import type { AttemptReport } from './attempt-report.ts';
import { AttemptScope } from './attempt-scope.ts';
import type { Spend } from './inbound-budget.ts';
import type { Keepsakes } from './keepsakes.ts';
import { LinkPath } from './link/link-path.ts';
import { Inbox, type Mailbox } from './mailbox.ts';
import { type Pair, pairsOf } from './pairs.ts';
import type { SessionKeys } from './session-keys.ts';

const MAX_REASON_LENGTH = 200;
const MAX_NOTES = 4;

/** What an attempt needs of its session. */
export interface AttemptSession {
  readonly host: Host;
  readonly role: Role;
  readonly id: Uint8Array;
  readonly idText: string;
  readonly keys: SessionKeys;
  readonly bindAddress: string | undefined;
  readonly mailbox: Mailbox;
  readonly keepsakes: Keepsakes;
  readonly spend: Spend | undefined;
  readonly startedAtUs: number;
  prove(runner: AttemptRunner, candidate: Candidate): Promise<ProvenTransport>;
}

/** A transport over which the two ends may prove their keys. */
export interface Candidate {
  readonly transport: Transport;
  /** Of the attempt: nothing that it schedules outlives it. */
  readonly host: Pick<Host, 'clock' | 'random'>;
  /** Fires when the attempt is over, or another of its candidates has been proven. */
  readonly signal: AbortSignal;
}

/** A pair of addresses, and what the plugin wants to do between them. */
interface Try extends Pair {
  readonly plan: unknown;
}

/** Runs one plugin's attempt in a session and keeps its account. */
export class AttemptRunner {
  readonly plugin: Plugin;
  /** How many tries of the plugin the session had before. */
  readonly round: number;
  readonly #session: AttemptSession;
  /** One for each pair of addresses that is tried. */
  readonly #scopes: AttemptScope[] = [];
  readonly #incoming = new Inbox<Transport>();
  readonly #handshakes = new Set<AbortController>();
  readonly #notes = new Set<string>();
  #report: AttemptReport | undefined;
  #endedByPeer = false;

  constructor(session: AttemptSession, plugin: Plugin, round = 0) {
    this.#session = session;
    this.plugin = plugin;
    this.round = round;
  }

  /** Undefined for as long as the attempt runs. */
  get report(): AttemptReport | undefined {
    return this.#report;
  }

  /** The peer has said that it is over there, so it need not be told. */
  get endedByPeer(): boolean {
    return this.#endedByPeer;
  }

  /** Undefined if the attempt ended without a proven transport; the report says why. */
  async run(input: PlanInput): Promise<LinkPath | undefined> {
    if (this.#report) return undefined;
    try {
      const tries = this.#plan(input);
      if (typeof tries === 'string') {
        this.#end('not-applicable', tries);
        return undefined;
      }
      const transport = await this.#firstOf(tries);
      if (!(transport instanceof LinkPath)) throw new Error('the plugin gave a transport that nobody proved');
      if (this.#report) {
        transport.abort(); // Cancelled in the very moment of success: the winner is another.
        return undefined;
      }
      for (const scope of this.#scopes) scope.release();
      this.#end('won', 'both ends proved their keys');
      this.#endHandshakes(new Error('another path was proven'));
      return transport;
    } catch (error) {
      if (!this.#report) this.#end(error instanceof NotApplicable ? 'not-applicable' : 'failed', reasonOf(error));
      this.#close(error instanceof Error ? error : new Error(reasonOf(error)));
      return undefined;
    }
  }

  /** Ends the attempt if it still runs, and closes all that it opened. */
  cancel(reason: string): void {
    if (this.#report) return;
    this.#end('cancelled', reason);
    this.#close(new Error(reason));
  }

  /** The same plugin at the other end has given up: nobody is there to prove anything. */
  peerEnded(reason: string): void {
    this.#endedByPeer = true;
    if (this.#report) return;
    const text = `at the peer: ${reason}`.slice(0, MAX_REASON_LENGTH);
    this.#end('failed', text);
    this.#close(new Error(text));
  }

  /** What it found carried the pipe, until now. */
  replaced(by: string): void {
    const reason = `carried the pipe until ${by} took over`;
    if (this.#report) this.#report = { ...this.#report, outcome: 'cancelled', reason };
  }

  /** It can't be of use in this session. */
  skip(reason: string): void {
    if (!this.#report) this.#end('not-applicable', reason);
  }

  /** Closes what a winner still holds, once its path is closed. */
  dispose(): void {
    this.#close(new Error('the path is closed'));
  }

  /** A transport that the peer opened for this attempt. */
  deliver(transport: Transport): void {
    if (this.#report || !this.#incoming.put(transport)) transport.abort();
  }

  /** @returns why there is nothing to try, or what there is */
  #plan(input: PlanInput): string | Try[] {
    const { remote } = input;
    const whole = { label: '', input, bindAddress: this.#session.bindAddress };
    const paired = this.plugin.perPair === true && remote !== undefined && input.local.interfaces.length > 0;
    const pairs: readonly Pair[] = paired ? pairsOf(input, remote) : [whole];
    if (pairs.length === 0) return 'the peer has no address of a family that we have';
    const reasons = new Set<string>();
    const tries = pairs.flatMap((pair) => {
      const planned = this.plugin.plan(pair.input);
      if (!planned.applicable) reasons.add(planned.reason);
      return planned.applicable ? [{ ...pair, plan: planned.plan }] : [];
    });
    return tries.length > 0 ? tries : [...reasons].join('; ');
  }

  /** Tries every pair of addresses at once; the first that yields a proven transport stands, the others are closed. */
  async #firstOf(tries: readonly Try[]): Promise<ProvenTransport> {
    const running = tries.map((each, index) => this.#start(each, index));
    try {
      const first = await Promise.any(running.map(({ result }) => result));
      const loss = new Error('another pair of addresses was faster');
      for (const { transport, abandon } of running) if (transport() !== first) abandon(loss);
      return first;
    } catch (error) {
      if (!(error instanceof AggregateError)) throw error;
      if (error.errors.length === 1) throw error.errors[0];
      throw new Error([...new Set(error.errors.map(reasonOf))].join('; '));
    }
  }

  #start(each: Try, index: number) {
    const { idText, role, host, mailbox, spend } = this.#session;
    const name = `${this.plugin.name}${each.label}`;
    const scope = new AttemptScope(host, `attempt ${idText} ${role} ${name} ${this.round}`, spend);
    this.#scopes.push(scope);
    if (index > 0 || each.label !== '') mailbox.open(name, this.round);
    let transport: ProvenTransport | undefined;
    const attempt = this.#attempt(each, name, scope);
    const result = this.plugin.attempt(each.plan, attempt).then((proven) => {
      transport = proven;
      return proven;
    });
    return { result, transport: () => transport, abandon: (reason: Error) => scope.close(reason) };
  }

  #attempt({ input, bindAddress }: Pair, name: string, scope: AttemptScope): Attempt {
    const session = this.#session;
    const { host, signal } = scope;
    return {
      role: session.role,
      local: input.local,
      remote: input.remote,
      servers: input.servers,
      host,
      bindAddress: session.bindAddress ?? bindAddress,
      signal,
      secret: session.keys.forPlugin(name),
      line: {
        send: (message) => session.mailbox.send(name, message),
        receive: () => session.mailbox.receive(name, signal),
      },
      prove: (transport) => this.#prove(transport, host),
      incoming: () => this.#incoming.take(signal),
      announce: (transport) => {
        transport.send(encodeCall({ sessionId: session.id, plugin: this.plugin.name }));
      },
      sleep: (ms) => scope.sleep(ms),
      note: (text) => void (this.#notes.size < MAX_NOTES && this.#notes.add(text)),
      keep: (make) => session.keepsakes.get(this.plugin.name, make),
    };
  }

  async #prove(transport: Transport, host: Candidate['host']): Promise<ProvenTransport> {
    const handshake = new AbortController();
    this.#handshakes.add(handshake);
    try {
      if (this.#report) throw new Error(this.#report.reason);
      return await this.#session.prove(this, { transport, host, signal: handshake.signal });
    } finally {
      this.#handshakes.delete(handshake);
    }
  }

  #endHandshakes(reason: Error): void {
    for (const handshake of [...this.#handshakes]) handshake.abort(reason);
  }

  #end(outcome: AttemptReport['outcome'], cause: string): void {
    const notes = [...this.#notes].filter((note) => !cause.includes(note));
    const reason = [cause, ...notes].join('; ').slice(0, MAX_REASON_LENGTH);
    const atUs = this.#session.host.clock.now() - this.#session.startedAtUs;
    const packets = this.#scopes.reduce((sum, scope) => sum + scope.packets, 0);
    this.#report = { plugin: this.plugin.name, outcome, reason, atUs, packets, tries: this.round + 1 };
    this.#session.host.events.emit('attempt', { plugin: this.plugin.name, outcome, reason });
  }

  #close(reason: Error): void {
    for (const scope of this.#scopes) scope.close(reason);
    this.#endHandshakes(reason);
    for (const transport of this.#incoming.drain()) transport.abort();
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(0, MAX_REASON_LENGTH);
}
