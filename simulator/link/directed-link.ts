import type { Random } from '../../core/ports/index.ts';
import type { Packet } from '../packet.ts';
import { type Impairment, jitter, LOST, latency, loss } from './impairment.ts';
import type { LinkModel } from './link-model.ts';

/** One direction of a link in operation. */
export class DirectedLink {
  readonly #chain: readonly Impairment[];
  readonly #reorder: boolean;
  #lastArrivalUs = 0;
  #lossReason = '';

  private constructor(chain: readonly Impairment[], reorder: boolean) {
    this.#chain = chain;
    this.#reorder = reorder;
  }

  /** Undefined for a model that does nothing. */
  static of(model: LinkModel, random: Random): DirectedLink | undefined {
    const chain: Impairment[] = [];
    // Each has its own stream, so that another loss rate does not shift the jitter.
    if (model.lossPpm) chain.push(loss(model.lossPpm, random.fork('loss')));
    if (model.latencyUs) chain.push(latency(model.latencyUs));
    if (model.jitterUs) chain.push(jitter(model.jitterUs, random.fork('jitter')));
    return chain.length === 0 ? undefined : new DirectedLink(chain, model.reorder === true);
  }

  /** When a packet that enters now arrives, in microseconds; {@link LOST} if it does not. */
  transit(packet: Packet, nowUs: number): number {
    let arrivalUs = nowUs;
    for (const impairment of this.#chain) {
      const delayUs = impairment.transit(packet, arrivalUs);
      if (delayUs < 0) {
        this.#lossReason = impairment.reason;
        return LOST;
      }
      arrivalUs += delayUs;
    }
    if (!this.#reorder && arrivalUs < this.#lastArrivalUs) arrivalUs = this.#lastArrivalUs;
    this.#lastArrivalUs = arrivalUs;
    return arrivalUs;
  }

  /** Why the last lost packet was lost. */
  get lossReason(): string {
    return this.#lossReason;
  }
}
