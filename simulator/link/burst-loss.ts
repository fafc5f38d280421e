import type { Random } from '../../core/ports/index.ts';
import { type Impairment, LOST } from './impairment.ts';
import type { BurstLoss } from './link-model.ts';

const MILLION = 1_000_000;

/**
 * The state is drawn as it is in the long run, since a link was there before the first packet: one that always starts
 * well would be too good to short exchanges.
 */
export function burstLoss(model: BurstLoss, random: Random): Impairment {
  const { toBadPpm, toGoodPpm, goodLossPpm, badLossPpm } = model;
  const states = random.fork('states');
  const losses = random.fork('losses');
  let bad = states.below(Math.max(1, toBadPpm + toGoodPpm)) < toBadPpm;
  return {
    reason: 'link: burst loss',
    transit: () => {
      const lost = losses.below(MILLION) < (bad ? badLossPpm : goodLossPpm);
      if (states.below(MILLION) < (bad ? toGoodPpm : toBadPpm)) bad = !bad;
      return lost ? LOST : 0;
    },
  };
}
