import type { Host } from '../../core/ports/index.ts';
import { BackOff } from './back-off.ts';
import {
  cellIdOf,
  type FieldAgent,
  type FieldPair,
  type FieldPlan,
  type FieldTrial,
  pairsOf,
  trialAt,
  trialsEach,
} from './field-plan.ts';
import type { Journal } from './journal.ts';

const AWAY_MS = { first: 1000, longest: 60_000 };
const BUSY_MS = { first: 1000, longest: 8000 };

interface Queue {
  readonly pair: FieldPair;
  /** Trials that are done: they go in their order. */
  done: number;
  /** When the round that the last one belongs to began. */
  roundAtMs: number | undefined;
  readonly away: BackOff;
  readonly busy: BackOff;
}

export interface NextTrial {
  readonly trial: FieldTrial;
  /** 0: it is due. */
  readonly waitMs: number;
}

/** What this agent has to dial, and when. It goes on from what is in the journal. */
export class Schedule {
  readonly #host: Host;
  readonly #plan: FieldPlan;
  readonly #queues: readonly Queue[];

  constructor(host: Host, plan: FieldPlan, self: FieldAgent, journal: Journal) {
    this.#host = host;
    this.#plan = plan;
    this.#queues = pairsOf(plan, self).map((pair) => ({
      ...{ pair, done: 0, roundAtMs: undefined },
      away: new BackOff(host, AWAY_MS.first, AWAY_MS.longest),
      busy: new BackOff(host, BUSY_MS.first, BUSY_MS.longest),
    }));
    for (const [key, { atMs }] of journal.records) {
      const queue = this.#queues.find(({ pair }) => key.startsWith(`${cellIdOf(pair)}/`));
      if (queue) this.#count(queue, atMs);
    }
  }

  /** The trial that comes first; undefined: all are done. */
  next(): NextTrial | undefined {
    const all = this.#queues.flatMap((queue) => {
      const trial = trialAt(this.#plan, queue.pair, queue.done);
      return trial ? [{ trial, waitMs: this.#waitMs(queue) }] : [];
    });
    return all.reduce<NextTrial | undefined>(
      (first, one) => (first && first.waitMs <= one.waitMs ? first : one),
      undefined,
    );
  }

  /** @param atMs when it began */
  recorded(pair: FieldPair, atMs: number): void {
    const queue = this.#queueOf(pair);
    this.#count(queue, atMs);
    queue.away.reset();
    queue.busy.reset();
  }

  /** The other agent has no time now, or we have none. */
  busy(pair: FieldPair): void {
    this.#queueOf(pair).busy.failed();
  }

  /** It came to nothing. @returns how long it is until the next try, in ms */
  failed(pair: FieldPair): number {
    return this.#queueOf(pair).away.failed();
  }

  /** An agent is there again. */
  heard(agent: FieldAgent): void {
    for (const { pair, away } of this.#queues) if (pair.answers === agent) away.reset();
  }

  /** A round begins so long after the last one began. What comes late makes the next one no earlier. */
  #waitMs({ done, roundAtMs, away, busy }: Queue): number {
    const begins = done > 0 && done % trialsEach(this.#plan) === 0;
    const sinceMs = this.#host.clock.wallMs() - (roundAtMs ?? 0);
    // A date that was put back, or was wrong before, makes nobody wait for ever.
    const dueMs = begins && sinceMs >= 0 ? this.#plan.everyMs - sinceMs : 0;
    return Math.max(0, dueMs, away.leftMs, busy.leftMs);
  }

  #count(queue: Queue, atMs: number): void {
    if (queue.done % trialsEach(this.#plan) === 0) queue.roundAtMs = atMs;
    queue.done++;
  }

  #queueOf(pair: FieldPair): Queue {
    return this.#queues.find((queue) => queue.pair === pair)!;
  }
}
