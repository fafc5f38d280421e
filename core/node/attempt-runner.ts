import { createHmac } from 'node:crypto';
import type { Attempt, PlanInput, Plugin, ProvenTransport, Role } from '../plugins/plugin.ts';
import type { Transport } from '../plugins/transport.ts';
import type { Clock, Host } from '../ports/index.ts';
import { encodeCall } from '../wire/proof.ts';
import type { AttemptReport } from './attempt-report.ts';
import { AttemptScope } from './attempt-scope.ts';
import { Inbox, type Mailbox } from './mailbox.ts';
import { ProvenLink } from './proven-link.ts';
import { sleep } from './sleep.ts';

const MAX_REASON_LENGTH = 200;

/** What an attempt needs of its session. */
export interface AttemptSession {
  readonly host: Host;
  readonly role: Role;
  readonly id: Uint8Array;
  readonly idText: string;
  readonly secret: Uint8Array;
  readonly bindAddress: string | undefined;
  readonly mailbox: Mailbox;
  readonly startedAtUs: number;
  prove(runner: AttemptRunner, candidate: Candidate): Promise<ProvenTransport>;
}

/** A transport over which the two ends may prove their keys. */
export interface Candidate {
  readonly transport: Transport;
  /** Of the attempt: nothing that it schedules outlives it. */
  readonly clock: Clock;
  /** Fires when the attempt is over, or another of its candidates has been proven. */
  readonly signal: AbortSignal;
}

/** Runs one plugin's attempt in a session and keeps its account. */
export class AttemptRunner {
  readonly plugin: Plugin;
  readonly #session: AttemptSession;
  readonly #scope: AttemptScope;
  readonly #abort = new AbortController();
  readonly #incoming = new Inbox<Transport>();
  readonly #handshakes = new Set<AbortController>();
  #report: AttemptReport | undefined;

  constructor(session: AttemptSession, plugin: Plugin) {
    this.#session = session;
    this.plugin = plugin;
    this.#scope = new AttemptScope(session.host, `attempt ${session.idText} ${session.role} ${plugin.name}`);
  }

  /** Undefined for as long as the attempt runs. */
  get report(): AttemptReport | undefined {
    return this.#report;
  }

  /** Undefined if the attempt ended without a proven transport; the report says why. */
  async run(input: PlanInput): Promise<ProvenLink | undefined> {
    try {
      const plan = this.plugin.plan(input);
      if (!plan.applicable) {
        this.#end('not-applicable', plan.reason);
        return undefined;
      }
      const transport = await this.plugin.attempt(plan.plan, this.#attempt(input));
      if (!(transport instanceof ProvenLink)) throw new Error('the plugin gave a transport that nobody proved');
      if (this.#report) {
        transport.abort(); // Cancelled in the very moment of success: the winner is another.
        return undefined;
      }
      this.#end('won', 'both ends proved their keys');
      this.#endHandshakes(new Error('another path was proven'));
      return transport;
    } catch (error) {
      if (!this.#report) this.#end('failed', reasonOf(error));
      this.#abort.abort(error);
      this.#close();
      return undefined;
    }
  }

  /** Ends the attempt if it still runs, and closes all that it opened. */
  cancel(reason: string): void {
    if (this.#report) return;
    this.#end('cancelled', reason);
    this.#abort.abort(new Error(reason));
    this.#close();
  }

  /** The same plugin at the other end has given up: nobody is there to prove anything. */
  peerEnded(reason: string): void {
    if (this.#report) return;
    const text = `at the peer: ${reason}`.slice(0, MAX_REASON_LENGTH);
    this.#end('failed', text);
    this.#abort.abort(new Error(text));
    this.#close();
  }

  /** Closes what a winner still holds, once its pipe is closed. */
  dispose(): void {
    this.#close();
  }

  /** A transport that the peer opened for this attempt. */
  deliver(transport: Transport): void {
    if (this.#report || !this.#incoming.put(transport)) transport.abort();
  }

  #attempt(input: PlanInput): Attempt {
    const { name } = this.plugin;
    const session = this.#session;
    const { signal } = this.#abort;
    return {
      role: session.role,
      local: input.local,
      remote: input.remote,
      servers: input.servers,
      host: this.#scope.host,
      bindAddress: session.bindAddress,
      signal,
      secret: createHmac('sha256', session.secret).update(name).digest(),
      line: {
        send: (message) => session.mailbox.send(name, message),
        receive: () => session.mailbox.receive(name, signal),
      },
      prove: (transport) => this.#prove(transport),
      incoming: () => this.#incoming.take(signal),
      announce: (transport) => {
        transport.send(encodeCall({ sessionId: session.id, plugin: name }));
      },
      sleep: (ms) => sleep(this.#scope.host.clock, ms, signal),
    };
  }

  async #prove(transport: Transport): Promise<ProvenTransport> {
    const handshake = new AbortController();
    this.#handshakes.add(handshake);
    try {
      if (this.#report) throw this.#abort.signal.reason ?? new Error('the attempt is over');
      const { clock } = this.#scope.host;
      return await this.#session.prove(this, { transport, clock, signal: handshake.signal });
    } finally {
      this.#handshakes.delete(handshake);
    }
  }

  #endHandshakes(reason: Error): void {
    for (const handshake of [...this.#handshakes]) handshake.abort(reason);
  }

  #end(outcome: AttemptReport['outcome'], reason: string): void {
    const atUs = this.#session.host.clock.now() - this.#session.startedAtUs;
    this.#report = { plugin: this.plugin.name, outcome, reason, atUs, packets: this.#scope.packets };
    this.#session.host.events.emit('attempt', { plugin: this.plugin.name, outcome, reason });
  }

  #close(): void {
    this.#endHandshakes(new Error('the attempt is over'));
    for (const transport of this.#incoming.drain()) transport.abort();
    this.#scope.close();
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(0, MAX_REASON_LENGTH);
}
