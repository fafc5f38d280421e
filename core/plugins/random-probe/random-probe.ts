import type { Attempt, Plan, PlanInput, Plugin, ProvenTransport } from '../plugin.ts';
import { completeOptions } from '../plugin-options.ts';
import { register } from '../registry.ts';
import { openMany } from './open-many.ts';
import { planParts, type RandomProbePlan } from './part.ts';
import { PROBE_OPTIONS, type ProbeOptions } from './probe-options.ts';
import { search } from './search.ts';

/**
 * The birthday search for pairs of which one side maps every destination to a random port, and the other one filters by
 * address and port: the one opens many ports to the other's one endpoint, the other tries ports at random until it hits
 * one of them. With 256 of 64,512 ports open, one in 252 tries is a hit: half of the searches are over after 175 tries,
 * and 98 of 100 after 1,024. 200 tries a second are a hundredth of what a video call sends, and end the median search
 * within a second; slower ones leave no smaller footprint, as the number of tries is the same.
 */
@register
export class RandomProbe implements Plugin<RandomProbePlan> {
  static readonly summary = 'Many sockets here, many guessed ports there: the birthday paradox finds one that fits.';
  static readonly options = PROBE_OPTIONS;
  readonly name = 'random-probe';
  readonly path = 'direct';
  readonly perPair = true;
  readonly transport = 'datagram';
  readonly packets = 200;
  readonly #options: ProbeOptions;

  constructor(options: Partial<ProbeOptions> = {}) {
    this.#options = completeOptions(PROBE_OPTIONS, options);
  }

  plan(input: PlanInput): Plan<RandomProbePlan> {
    return planParts(input);
  }

  async attempt({ part, waitMs }: RandomProbePlan, attempt: Attempt): Promise<ProvenTransport> {
    if (waitMs > 0) await attempt.sleep(waitMs);
    return part === 'open' ? openMany(attempt, this.#options) : search(attempt, this.#options);
  }
}
