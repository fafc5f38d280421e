import { NetError } from '../net/error.ts';
import type { Clock, Timer } from '../ports/index.ts';
import type { LifetimeMethod } from './lifetime-report.ts';
import { type Bench, bindSocket, type Neighbour, openSubject, type Subject, type Vital } from './lifetime-subject.ts';
import { StunClient } from './stun-client.ts';

/** What became of one mapping. */
export interface Trial {
  readonly vital: Vital;
  /** The silence that it had at least, and at most. */
  readonly leastMs: number;
  readonly mostMs: number;
}

const NEIGHBOUR_GAP_MS = 5000;
const NEIGHBOUR_REPLY_MS = 5000;

/** Makes mappings, has something done to them, looks at them, and cleans up. */
export class LifetimeTrials {
  readonly #subjects = new Set<Subject>();
  #bench: Bench;
  #neighbour: Pick<Neighbour, 'socket' | 'client'> | undefined;
  #awake: Timer | undefined;

  constructor(bench: Omit<Bench, 'neighbour'>) {
    this.#bench = { ...bench, neighbour: undefined };
  }

  get hasNeighbour(): boolean {
    return this.#bench.neighbour !== undefined;
  }

  /** Opens a socket whose mapping stays, for packets that hairpin. */
  async openNeighbour(): Promise<void> {
    const { host, server } = this.#bench;
    const socket = await bindSocket(this.#bench);
    const client = new StunClient(host, socket);
    this.#neighbour = { socket, client };
    const result = await client.binding(server, { deadlineMs: NEIGHBOUR_REPLY_MS });
    if (result.outcome !== 'response') return;
    this.#bench = { ...this.#bench, neighbour: { socket, client, mapped: result.mapped } };
    const stayAwake = () => {
      void client.binding(server, { deadlineMs: NEIGHBOUR_REPLY_MS });
      this.#awake = host.clock.after(NEIGHBOUR_GAP_MS, stayAwake);
    };
    stayAwake();
  }

  /**
   * One mapping from its making to the look at it.
   *
   * @param wait what happens to it in between; false: don't look
   * @returns undefined if it was never looked at
   * @throws NetError ECANCELED, EADDRINUSE, EADDRNOTAVAIL
   */
  async run(method: LifetimeMethod, wait: (subject: Subject) => Promise<boolean>): Promise<Trial | undefined> {
    const { clock } = this.#bench.host;
    const subject = await openSubject(this.#bench, method);
    this.#subjects.add(subject);
    try {
      const armed = await subject.arm();
      const waited = armed && (await wait(subject));
      if (this.#bench.signal?.aborted) throw new NetError('ECANCELED');
      if (!waited) return undefined;
      const leastMs = (clock.now() - armed.latestUs) / 1000;
      const vital = await subject.check();
      if (this.#bench.signal?.aborted) throw new NetError('ECANCELED');
      return { vital, leastMs, mostMs: (clock.now() - armed.earliestUs) / 1000 };
    } finally {
      subject.close();
      this.#subjects.delete(subject);
    }
  }

  /** @returns false if a signal cut it short */
  sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
    const { host, signal: stop } = this.#bench;
    return sleep(
      host.clock,
      ms,
      [signal, stop].filter((one) => one !== undefined),
    );
  }

  close(): void {
    for (const subject of this.#subjects) subject.close();
    this.#awake?.cancel();
    this.#neighbour?.socket.close();
  }
}

function sleep(clock: Clock, ms: number, signals: readonly AbortSignal[]): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (rested: boolean) => {
      timer.cancel();
      for (const signal of signals) signal.removeEventListener('abort', cut);
      resolve(rested);
    };
    const cut = () => end(false);
    const timer = clock.after(ms, () => end(true));
    for (const signal of signals) signal.addEventListener('abort', cut);
    if (signals.some(({ aborted }) => aborted)) cut();
  });
}
