import type { Host } from '../../core/ports/index.ts';
import { BackOff } from './back-off.ts';
import type { FieldAgent } from './field-plan.ts';
import { type Journal, JournalError } from './journal.ts';
import type { Marks } from './marks.ts';
import { CHUNK_BYTES, type FieldAnswer, type FieldRequest } from './message.ts';
import { FieldError, type Messenger } from './messenger.ts';
import { Wake } from './wake.ts';

const ASK_TIMEOUT_MS = 20_000;
/** Nobody has to say that there is something new: it may get lost. */
const POLL_MS = 60_000;
const AWAY_MS = { first: 1000, longest: 60_000 };

type PullRequest = Extract<FieldRequest, { kind: 'pull' }>;

export interface SharingOptions {
  readonly host: Host;
  readonly messenger: Messenger;
  /** Of this agent. */
  readonly own: Journal;
  /** Of all others. */
  readonly copies: ReadonlyMap<FieldAgent, Journal>;
  readonly marks: Marks;
  /** Is there nothing to come any more in an agent's journal? */
  readonly isComplete: (journal: Journal) => boolean;
  /** Something came, or somebody has taken something. */
  readonly changed: () => void;
  /** New results of an agent. */
  readonly came: (agent: FieldAgent, copy: Journal) => void;
  /** A copy that can't go on, for people. */
  readonly broken: (agent: FieldAgent, why: string) => void;
}

/**
 * Brings every agent's journal to every other agent: each asks the others for what comes next, from the byte on that it
 * has safe. So nothing gets lost or doubled, whoever goes down when, and whoever asks from the end on has it all.
 */
export class Sharing {
  readonly #options: SharingOptions;
  readonly #wakes: ReadonlyMap<FieldAgent, Wake>;
  readonly #broken = new Set<FieldAgent>();

  constructor(options: SharingOptions) {
    this.#options = options;
    this.#wakes = new Map([...options.copies.keys()].map((agent) => [agent, new Wake(options.host.clock)]));
  }

  /** Has this agent all of the others', and have they all of its? */
  get finished(): boolean {
    const { copies, isComplete, marks } = this.#options;
    // Who has it all must have said so, or its owner waits in vain.
    const through = [...copies].every(
      ([agent, copy]) => isComplete(copy) && marks.get('told', agent.name) === copy.size,
    );
    return through && this.behind.length === 0;
  }

  /** Agents that don't have all that is in our journal, as far as we know. */
  get behind(): readonly FieldAgent[] {
    const { copies, own, marks } = this.#options;
    return [...copies.keys()].filter((agent) => marks.get('taken', agent.name) !== own.size);
  }

  /** Fetches until the signal fires. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { copies } = this.#options;
    // Who was here before us does not know that we are back.
    this.announce();
    await Promise.all([...copies].map(([agent, copy]) => this.#follow(agent, copy, signal).catch(() => {})));
  }

  /** What an agent is to get that asks for more. */
  pulled(from: FieldAgent, { journal, from: offset }: PullRequest): FieldAnswer {
    const { own, changed, marks } = this.#options;
    const name = own.header?.journal;
    if (journal !== undefined && journal !== name)
      return { kind: 'chunk', journal: name, from: 0, size: own.size, bytes: '' };
    if (offset > own.size) return { kind: 'refused', why: 'its copy of our journal is longer than the journal' };
    marks.set('taken', from.name, offset);
    changed();
    const bytes = own.read(offset, CHUNK_BYTES).toString('base64');
    return { kind: 'chunk', journal: name, from: offset, size: own.size, bytes };
  }

  /** Tells all that our journal has grown; who does not hear it will ask. */
  announce(): void {
    const { copies, messenger, own } = this.#options;
    for (const agent of copies.keys()) {
      messenger.ask(agent, { kind: 'news', size: own.size }, { timeoutMs: ASK_TIMEOUT_MS }).catch(() => {});
    }
  }

  /** An agent has something new, or is there again. */
  wake(agent: FieldAgent): void {
    this.#wakes.get(agent)?.call();
  }

  async #follow(agent: FieldAgent, copy: Journal, signal: AbortSignal): Promise<void> {
    const { host, isComplete } = this.#options;
    const away = new BackOff(host, AWAY_MS.first, AWAY_MS.longest);
    while (!this.#broken.has(agent)) {
      let waitMs: number;
      try {
        const more = await this.#pull(agent, copy, signal);
        away.reset();
        if (more) continue;
        // Asked for what is behind its end, the owner knows that we have it all.
        waitMs = isComplete(copy) ? 10 * POLL_MS : POLL_MS;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof JournalError) this.#break(agent, error.message);
        else if (!(error instanceof FieldError)) throw error;
        waitMs = away.failed();
      }
      await this.#wakes.get(agent)!.sleep(waitMs, signal);
    }
  }

  /** @returns whether there may be more */
  async #pull(agent: FieldAgent, copy: Journal, signal: AbortSignal): Promise<boolean> {
    const journal = copy.header?.journal;
    const request = { kind: 'pull', ...(journal !== undefined && { journal }), from: copy.end } as const;
    const reply = await this.#options.messenger.ask(agent, request, { timeoutMs: ASK_TIMEOUT_MS, signal });
    if (reply.kind !== 'chunk') throw new FieldError(`${agent.name} says ${reply.kind}, which is no answer`);
    if (journal !== undefined && reply.journal !== journal) {
      throw new JournalError(`${copy.path}: ${agent.name} has begun a new journal: move this copy of the old one away`);
    }
    if (reply.bytes === '') {
      this.#options.marks.set('told', agent.name, copy.end);
      this.#options.changed();
      return false;
    }
    const before = copy.records.size;
    copy.copy(reply.from, Buffer.from(reply.bytes, 'base64'));
    if (copy.records.size > before) this.#options.came(agent, copy);
    this.#options.changed();
    return true;
  }

  #break(agent: FieldAgent, why: string): void {
    this.#broken.add(agent);
    this.#options.broken(agent, why);
  }
}
