import { Identity } from '../../core/node/index.ts';
import type { Host, Timer } from '../../core/ports/index.ts';
import { echo } from '../trial/mark.ts';
import type { Busy } from './busy.ts';
import { type FieldAgent, findTrial } from './field-plan.ts';
import type { FieldAnswer, FieldRequest } from './message.ts';
import { TrialNode, type TrialNodeOptions } from './trial-node.ts';

/** Beyond the time limit of the dial: starting the other node, and the mark that has to come through. */
const LEASE_MARGIN_MS = 150_000;

interface Engaged {
  readonly attempt: string;
  readonly from: FieldAgent;
  readonly ready: Promise<FieldAnswer>;
  readonly node: Promise<TrialNode>;
  readonly lease: Timer;
  readonly release: () => void;
}

type PrepareRequest = Extract<FieldRequest, { kind: 'prepare' }>;

/** The end of a trial that is dialled: a node that stands ready, for one caller and for a while. */
export class Answerer {
  readonly #host: Host;
  readonly #self: FieldAgent;
  readonly #busy: Busy;
  readonly #options: TrialNodeOptions;
  #engaged: Engaged | undefined;
  /** For who did not hear it. */
  #last: { readonly attempt: string; readonly answer: FieldAnswer } | undefined;
  #closed = false;

  constructor(host: Host, self: FieldAgent, busy: Busy, options: TrialNodeOptions) {
    this.#host = host;
    this.#self = self;
    this.#busy = busy;
    this.#options = options;
  }

  /** Starts a node for the caller. Asked again for the same attempt, it answers the same. */
  async prepare(from: FieldAgent, request: PrepareRequest): Promise<FieldAnswer> {
    const { attempt } = request;
    if (this.#engaged?.attempt === attempt) return this.#engaged.ready;
    const trial = findTrial(this.#options.plan, request.trial);
    if (trial?.pair.dials !== from || trial.pair.answers !== this.#self) {
      return { kind: 'refused', why: `the plan has no trial ${request.trial} between us` };
    }
    // Whoever begins anew has given up what it had begun.
    if (this.#engaged?.from === from) await this.#end();
    const release = this.#closed ? undefined : this.#busy.take();
    if (!release) return { kind: 'busy' };
    const engaged = this.#engage(from, request, release);
    this.#engaged = engaged;
    return engaged.ready;
  }

  /** Ends the trial. @returns what it was at this end */
  async finish(attempt: string): Promise<FieldAnswer> {
    if (this.#last?.attempt === attempt) return this.#last.answer;
    const engaged = this.#engaged;
    if (engaged?.attempt !== attempt) return { kind: 'refused', why: 'it knows nothing of this trial, any more' };
    const { measures } = await engaged.node;
    this.#last = { attempt, answer: { kind: 'measured', ...measures } };
    await this.#end();
    return this.#last.answer;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#end();
  }

  #engage(from: FieldAgent, { attempt, caller }: PrepareRequest, release: () => void): Engaged {
    const callerKey = Buffer.from(caller, 'base64url');
    const node = TrialNode.start(this.#host, this.#options, Identity.generate(this.#host), callerKey);
    const ready = node.then(
      (started): FieldAnswer => {
        echo(started.node);
        return { kind: 'ready', address: started.node.addressText };
      },
      (error: Error): FieldAnswer => {
        void this.#end();
        return { kind: 'refused', why: `it can't start a node: ${error.message}`.slice(0, 256) };
      },
    );
    const lease = this.#host.clock.after(this.#options.plan.timeLimitMs + LEASE_MARGIN_MS, () => void this.#end());
    return { attempt, from, ready, node, lease, release };
  }

  async #end(): Promise<void> {
    const engaged = this.#engaged;
    this.#engaged = undefined;
    if (!engaged) return;
    engaged.lease.cancel();
    await engaged.node.then((node) => node.close()).catch(() => {}); // One that never started needs no closing.
    engaged.release();
  }
}
