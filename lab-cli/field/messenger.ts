import type { Host, Timer } from '../../core/ports/index.ts';
import type { SignalChannel, SignalMessage } from '../../core/signal/signal-channel.ts';
import type { FieldAgent, FieldPlan } from './field-plan.ts';
import { decodeMessage, encodeMessage, type FieldAnswer, type FieldRequest } from './message.ts';

/** The kind of the signal messages that agents exchange. */
const KIND = 'field';
const MAX_WAITING = 256;
/** Requests of one agent that are being answered at a time. */
const MAX_SERVED = 16;
/** A question is asked again so long after. */
const AGAIN_MS = 4000;
/** For answers that are on their way when this agent ends. */
const LINGER_MS = 3000;

/** No answer, or one that does not help. The text is for people. */
export class FieldError extends Error {
  override readonly name = 'FieldError';
}

/** The other agent is there, and says no. */
export class Refusal extends FieldError {}

export type RequestHandler = (from: FieldAgent, request: FieldRequest) => Promise<FieldAnswer> | FieldAnswer;

interface Waiting {
  readonly agent: FieldAgent;
  settle(answer: FieldAnswer | Error): void;
}

/** Requests and answers between the agents of a plan. Whoever is not in the plan is not heard. */
export class Messenger {
  /** Calls for every request of an agent with the same plan. */
  onRequest: RequestHandler = () => ({ kind: 'refused', why: 'not ready yet' });
  /** Calls whenever an agent says anything. */
  onHeard: (agent: FieldAgent) => void = () => {};
  readonly #host: Host;
  readonly #channel: SignalChannel;
  readonly #plan: FieldPlan;
  readonly #byKey: ReadonlyMap<string, FieldAgent>;
  readonly #waiting = new Map<string, Waiting>();
  readonly #served = new Map<FieldAgent, number>();
  readonly #answering = new Set<Promise<void>>();
  readonly #off: () => void;

  /** @param self does not talk to itself */
  constructor(host: Host, channel: SignalChannel, plan: FieldPlan, self: FieldAgent) {
    this.#host = host;
    this.#channel = channel;
    this.#plan = plan;
    const others = plan.agents.filter((agent) => agent !== self);
    this.#byKey = new Map(others.map((agent) => [nameOf(agent.publicKey), agent]));
    this.#off = channel.onMessage((message) => this.#receive(message));
  }

  /** @throws FieldError if no answer comes in time, or a refusal; the signal's reason */
  async ask(
    agent: FieldAgent,
    body: FieldRequest,
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<Exclude<FieldAnswer, { kind: 'refused' }>> {
    signal?.throwIfAborted();
    if (this.#waiting.size >= MAX_WAITING) throw new FieldError('too many questions are open');
    const id = Buffer.from(this.#host.random.bytes(8)).toString('hex');
    const answer = await new Promise<FieldAnswer>((resolve, reject) => {
      const end = (outcome: FieldAnswer | Error): void => {
        timer.cancel();
        again.cancel();
        signal?.removeEventListener('abort', abort);
        this.#waiting.delete(id);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const abort = () => end(signal!.reason as Error);
      const timer = this.#host.clock.after(timeoutMs, () => end(new FieldError(`${agent.name} does not answer`)));
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.set(id, { agent, settle: end });
      const bytes = encodeMessage({ type: 'request', plan: this.#plan.digest, id, body });
      // Who has it may go down before it answers, or come up too late to hear it. Asked twice, it answers the same.
      const send = (): Timer => {
        this.#send(agent, bytes, AGAIN_MS).catch(() => {});
        return this.#host.clock.after(AGAIN_MS, () => (again = send()));
      };
      let again = send();
    });
    if (answer.kind === 'refused') throw new Refusal(`${agent.name} refuses: ${answer.why}`);
    return answer;
  }

  /** Hears nothing more. Resolves when all answers have come where they belong, or soon after. */
  async close(): Promise<void> {
    this.#off();
    for (const { settle } of [...this.#waiting.values()]) settle(new FieldError('this agent is ending'));
    await new Promise<void>((resolve) => {
      const timer = this.#host.clock.after(LINGER_MS, resolve);
      void Promise.all(this.#answering).then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #receive({ kind, from, body }: SignalMessage): void {
    const agent = this.#byKey.get(nameOf(from));
    if (kind !== KIND || !agent) return;
    const message = decodeMessage(body);
    if (!message) return;
    this.onHeard(agent);
    if (message.type === 'request') {
      const answering = this.#serve(agent, message).finally(() => this.#answering.delete(answering));
      this.#answering.add(answering);
    } else {
      const waiting = this.#waiting.get(message.id);
      if (waiting?.agent === agent) waiting.settle(message.body);
    }
  }

  async #serve(agent: FieldAgent, { id, plan, body }: { id: string; plan: string; body: FieldRequest }): Promise<void> {
    const busy = this.#served.get(agent) ?? 0;
    if (busy >= MAX_SERVED) return;
    this.#served.set(agent, busy + 1);
    const other = 'it has another plan: give all agents the same file';
    const answer =
      plan === this.#plan.digest ? await this.#answer(agent, body) : ({ kind: 'refused', why: other } as const);
    this.#served.set(agent, this.#served.get(agent)! - 1);
    // Who did not get the answer asks again.
    await this.#send(agent, encodeMessage({ type: 'answer', id, body: answer }), 15_000).catch(() => {});
  }

  async #answer(agent: FieldAgent, body: FieldRequest): Promise<FieldAnswer> {
    try {
      return await this.onRequest(agent, body);
    } catch (error) {
      return { kind: 'refused', why: (error as Error).message.slice(0, 256) };
    }
  }

  #send(agent: FieldAgent, body: Buffer, timeoutMs: number): Promise<void> {
    return this.#channel.send(agent.publicKey, KIND, body, { timeoutMs });
  }
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key).toString('latin1');
}
