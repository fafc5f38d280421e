import type { Identity, NodeServers } from '../../core/node/index.ts';
import type { Host } from '../../core/ports/index.ts';
import { SignalChannel } from '../../core/signal/signal-channel.ts';
import { resultLine } from '../run/result-line.ts';
import { noFindings } from '../trial/findings.ts';
import type { Anonymiser } from './anonymise.ts';
import { Answerer } from './answerer.ts';
import { Busy } from './busy.ts';
import { dialTrial, PeerLost } from './dial-trial.ts';
import type { FieldDirectory } from './field-directory.ts';
import { type FieldAgent, type FieldPlan, type FieldTrial, trialKey, trialsOf } from './field-plan.ts';
import type { FieldWords } from './field-words.ts';
import type { Journal } from './journal.ts';
import type { FieldAnswer, FieldRequest } from './message.ts';
import { FieldError, Messenger } from './messenger.ts';
import { Schedule } from './schedule.ts';
import { Sharing } from './sharing.ts';
import { fieldResult } from './trial-result.ts';
import { Wake } from './wake.ts';

/** A trial whose end the other agent never tells is given up after so many tries, and is a result then. */
const MAX_LOST = 5;
/** How long who is through waits for others to fetch what they have not. */
const LINGER_MS = 600_000;
/** Results are put together again no oftener. */
const PUBLISH_MS = 5000;
/** An agent talks to few others, who may have much to tell. */
const SIGNAL_LIMITS = { rate: { burst: 256, perSecond: 16 } };

export interface FieldRunOptions {
  readonly host: Host;
  readonly plan: FieldPlan;
  readonly self: FieldAgent;
  readonly identity: Identity;
  readonly servers: NodeServers;
  readonly listen: { readonly address?: string; readonly port?: number };
  readonly directory: FieldDirectory;
  readonly anonymise: Anonymiser;
  readonly words: FieldWords;
}

/** One agent at work: it dials what it has to, answers those who dial it, and shares what everybody found out. */
export class FieldRun {
  readonly #options: FieldRunOptions;
  readonly #own: Journal;
  readonly #schedule: Schedule;
  readonly #messenger: Messenger;
  readonly #answerer: Answerer;
  readonly #sharing: Sharing;
  readonly #busy = new Busy();
  readonly #wake: Wake;
  readonly #lost = new Map<string, number>();
  #publishedUs = Number.NEGATIVE_INFINITY;

  private constructor(options: FieldRunOptions, channel: SignalChannel) {
    const { host, plan, self, servers, listen, directory, words } = options;
    this.#options = options;
    this.#own = directory.journals.get(self)!;
    this.#schedule = new Schedule(host, plan, self, this.#own);
    this.#wake = new Wake(host.clock);
    this.#messenger = new Messenger(host, channel, plan, self);
    this.#answerer = new Answerer(host, self, this.#busy, { plan, servers, listen });
    this.#sharing = new Sharing({
      ...{ host, messenger: this.#messenger, own: this.#own, marks: directory.marks },
      copies: new Map([...directory.journals].filter(([agent]) => agent !== self)),
      isComplete: (journal) => directory.isComplete(journal),
      changed: () => this.#wake.call(),
      came: (agent, copy) => this.#came(agent, copy),
      broken: (agent, why) => words.say(`can't take any more from ${agent.name}: ${why}`),
    });
    this.#messenger.onRequest = (from, request) => this.#serve(from, request);
    this.#messenger.onHeard = (agent) => this.#schedule.heard(agent);
  }

  /**
   * Measures until all results of all agents are here and everywhere.
   *
   * @returns whether that came about: what others have not fetched yet they may fetch another time
   * @throws the signal's reason
   */
  static async run(options: FieldRunOptions, signal: AbortSignal): Promise<boolean> {
    const { host, identity, servers, directory, self } = options;
    const own = directory.journals.get(self)!;
    if (!own.header) own.begin(Buffer.from(host.random.bytes(8)).toString('hex'), host.clock.wallMs());
    const brokers = servers.brokers ?? [];
    const channel = await SignalChannel.open(host, identity, { brokers, limits: SIGNAL_LIMITS });
    const run = new FieldRun(options, channel);
    const over = new AbortController();
    const sharing = run.#sharing.run(AbortSignal.any([signal, over.signal]));
    try {
      await run.#measure(signal);
      return await run.#share(signal);
    } finally {
      over.abort(new Error('the run is over'));
      await Promise.all([sharing, run.#answerer.close()]);
      await run.#messenger.close();
      await channel.close();
    }
  }

  async #measure(signal: AbortSignal): Promise<void> {
    for (let next = this.#schedule.next(); next; next = this.#schedule.next()) {
      if (next.waitMs === 0) await this.#trial(next.trial, signal);
      else {
        this.#options.words.waits(next.trial, next.waitMs);
        await this.#wake.sleep(next.waitMs, signal);
      }
    }
  }

  /** Waits until everybody has everything, or too long for others. */
  async #share(signal: AbortSignal): Promise<boolean> {
    const { host, directory, words, plan } = this.#options;
    words.say(`all ${trialsOf(plan, this.#options.self)} trials of ours are done`);
    let throughUs: number | undefined;
    while (!this.#sharing.finished) {
      const all = [...directory.journals.values()].every((journal) => directory.isComplete(journal));
      if (all) throughUs ??= host.clock.now();
      if (throughUs !== undefined && host.clock.now() - throughUs > LINGER_MS * 1000) {
        const names = this.#sharing.behind.map(({ name }) => name).join(', ');
        words.say(`all results are here; ${names} did not fetch all of ours: run this again when it is there`);
        return false;
      }
      await this.#wake.sleep(1000, signal);
    }
    return true;
  }

  async #trial(trial: FieldTrial, signal: AbortSignal): Promise<void> {
    const { host, plan, servers, listen } = this.#options;
    const release = this.#busy.take();
    if (!release) {
      this.#schedule.busy(trial.pair);
      return;
    }
    const atMs = host.clock.wallMs();
    try {
      const options = { plan, servers, listen };
      const result = await dialTrial(trial, { host, messenger: this.#messenger, options, signal });
      if (result) this.#record(trial, atMs, result);
      else this.#schedule.busy(trial.pair);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof FieldError)) throw error;
      this.#failed(trial, atMs, error);
    } finally {
      release();
    }
  }

  #failed(trial: FieldTrial, atMs: number, error: FieldError): void {
    const { plan, words } = this.#options;
    const { pair } = trial;
    const key = trialKey(trial);
    const lost = (this.#lost.get(key) ?? 0) + (error instanceof PeerLost ? 1 : 0);
    this.#lost.set(key, lost);
    words.trouble(pair.answers, error.message, this.#schedule.failed(pair));
    if (lost < MAX_LOST) return;
    const findings = { ...noFindings('limit'), error: `${pair.answers.name} was lost in each of ${lost} tries` };
    this.#record(trial, atMs, fieldResult(plan, trial, findings, { packets: 0, bytes: 0 }));
  }

  #record(trial: FieldTrial, atMs: number, result: ReturnType<typeof fieldResult>): void {
    const { anonymise, words } = this.#options;
    this.#own.record(trialKey(trial), atMs, anonymise(resultLine(result)));
    this.#lost.delete(trialKey(trial));
    this.#schedule.recorded(trial.pair, atMs);
    this.#publish();
    words.result(trial, result);
    this.#sharing.announce();
  }

  #serve(from: FieldAgent, request: FieldRequest): Promise<FieldAnswer> | FieldAnswer {
    switch (request.kind) {
      case 'prepare':
        return this.#answerer.prepare(from, request);
      case 'finish':
        return this.#answerer.finish(request.attempt);
      case 'pull':
        return this.#sharing.pulled(from, request);
      case 'news':
        this.#sharing.wake(from);
        return { kind: 'noted' };
    }
  }

  #came(agent: FieldAgent, { records }: Journal): void {
    const { plan, words } = this.#options;
    words.copied(agent, records.size, trialsOf(plan, agent));
    this.#publish();
  }

  /** For who looks in meanwhile: the journals have it all. */
  #publish(): void {
    const { host, directory, anonymise } = this.#options;
    const nowUs = host.clock.now();
    if (nowUs - this.#publishedUs < PUBLISH_MS * 1000) return;
    this.#publishedUs = nowUs;
    directory.publish(anonymise);
  }
}
