import type { Random } from '../../core/ports/index.ts';
import type { Packet } from '../packet.ts';
import { burstLoss } from './burst-loss.ts';
import {
  exactLoss,
  exponentialJitter,
  holdBack,
  type Impairment,
  jitter,
  type LinkDropReason,
  LOST,
  latency,
  loss,
} from './impairment.ts';
import type { LinkModel } from './link-model.ts';
import { Queue } from './queue.ts';
import { TimedChannel } from './timed-loss.ts';

/**
 * One direction of a link in operation. A packet waits for the transmitter, meets the losses, then travels; what is
 * lost on the way has taken its share of the rate. Each impairment draws from a stream of its own, so that none changes
 * what another one draws.
 */
export class DirectedLink {
  readonly #chain: readonly Impairment[];
  readonly #reorder: boolean;
  readonly #holdBack: Impairment | undefined;
  readonly #duplicatePpm: number;
  readonly #duplicates: Random;
  #lastArrivalUs = 0;
  #lossReason: LinkDropReason | '' = '';

  private constructor(model: LinkModel, chain: readonly Impairment[], random: Random) {
    this.#chain = chain;
    this.#reorder = model.reorder === true;
    this.#holdBack = model.holdBack && holdBack(model.holdBack.sharePpm, model.holdBack.byUs, random.fork('hold back'));
    this.#duplicatePpm = model.duplicatePpm ?? 0;
    this.#duplicates = random.fork('duplicate');
  }

  /** Undefined for a model that does nothing to packets that fit. */
  static of(model: LinkModel, random: Random): DirectedLink | undefined {
    const chain = chainOf(model, random);
    const idle = chain.length === 0 && !model.holdBack && !model.duplicatePpm;
    return idle ? undefined : new DirectedLink(model, chain, random);
  }

  /** Does the next packet enter twice? To be asked once for each that does not stem from a duplication itself. */
  duplicates(): boolean {
    return this.#duplicatePpm > 0 && this.#duplicates.below(1_000_000) < this.#duplicatePpm;
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
    // Those behind it do not wait for a packet that is held back.
    return this.#holdBack === undefined ? arrivalUs : arrivalUs + this.#holdBack.transit(packet, arrivalUs);
  }

  /** Why the last lost packet was lost. */
  get lossReason(): string {
    return this.#lossReason;
  }
}

function chainOf(model: LinkModel, random: Random): Impairment[] {
  const { rate, lossPpm, burstLoss: bursts, timedLoss, exactLoss: exact } = model;
  const chain: Impairment[] = [];
  if (rate) chain.push(new Queue(rate));
  if (lossPpm) chain.push(loss(lossPpm, random.fork('loss')));
  if (bursts) chain.push(burstLoss(bursts, random.fork('burst loss')));
  if (timedLoss) chain.push(new TimedChannel(timedLoss, random.fork('timed loss')));
  if (exact) chain.push(exactLoss(exact.lost, exact.of, random.fork('exact loss')));
  if (model.latencyUs) chain.push(latency(model.latencyUs));
  if (model.jitterUs) chain.push(jitter(model.jitterUs, random.fork('jitter')));
  if (model.exponentialJitterUs) chain.push(exponentialJitter(model.exponentialJitterUs, random.fork('exponential')));
  return chain;
}
