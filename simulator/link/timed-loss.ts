import type { Random } from '../../core/ports/index.ts';
import type { Packet } from '../packet.ts';
import { exponentialUs } from './exponential.ts';
import { type Impairment, LOST } from './impairment.ts';
import type { TimedLoss } from './link-model.ts';

const MILLION = 1_000_000;
/** After so many rounds of both states nothing is left of where it was: e to the -32 and less. */
const FORGOTTEN_ROUNDS = 32;

/** Good and bad spells that last for exponentially distributed times, whether packets come or not. */
export class TimedChannel implements Impairment {
  readonly reason = 'link: burst loss';
  readonly #model: TimedLoss;
  readonly #spells: Random;
  readonly #losses: Random;
  #bad = false;
  #untilUs = Number.NEGATIVE_INFINITY;

  constructor(model: TimedLoss, random: Random) {
    this.#model = model;
    this.#spells = random.fork('spells');
    this.#losses = random.fork('losses');
  }

  transit(_packet: Packet, nowUs: number): number {
    const { goodUs, badUs, goodLossPpm, badLossPpm } = this.#model;
    const round = goodUs + badUs;
    if (nowUs - this.#untilUs > FORGOTTEN_ROUNDS * round) {
      // As it is in the long run; what is left of a spell is as long as a whole one, since it has no memory.
      this.#bad = this.#spells.below(round) < badUs;
      this.#untilUs = nowUs + this.#spell();
    }
    while (this.#untilUs <= nowUs) {
      this.#bad = !this.#bad;
      this.#untilUs += this.#spell();
    }
    return this.#losses.below(MILLION) < (this.#bad ? badLossPpm : goodLossPpm) ? LOST : 0;
  }

  #spell(): number {
    const { goodUs, badUs } = this.#model;
    return exponentialUs(this.#bad ? badUs : goodUs, this.#spells);
  }
}
