import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../world/random.ts';
import type { TimedLoss } from './link-model.ts';
import { expectWithin99, isLost, lossRuns, mean, packetOf } from './measure.suite.ts';
import { TimedChannel } from './timed-loss.ts';

const COUNT = 200_000;
const MILLION = 1_000_000;
const PACKET = packetOf(100);

const outages = (goodUs: number, badUs: number): TimedLoss => ({ goodUs, badUs, goodLossPpm: 0, badLossPpm: MILLION });

/** The verdicts on packets that come so long one after the other. */
function run(model: TimedLoss, gapUs: number, seed = 'timed', count = COUNT): number[] {
  const channel = new TimedChannel(model, SeededRandom.fromText(seed));
  return Array.from({ length: count }, (_, index) => channel.transit(PACKET, index * gapUs));
}

/** Of a chain that is looked at every `gapUs`: how alike two neighbours are. */
const memoryOf = ({ goodUs, badUs }: TimedLoss, gapUs: number): number => Math.exp(-gapUs / goodUs - gapUs / badUs);

describe('timed loss', () => {
  test.each<[TimedLoss, number]>([
    [outages(2_000_000, 100_000), 1000],
    [outages(2_000_000, 100_000), 500_000], // most spells pass unseen
    [outages(50_000, 50_000), 3000],
    [{ goodUs: 300_000, badUs: 60_000, goodLossPpm: 10_000, badLossPpm: 700_000 }, 10_000],
  ])('%j loses what theory says, one packet every %i us', (model, gapUs) => {
    const inBad = model.badUs / (model.goodUs + model.badUs);
    const [good, bad] = [model.goodLossPpm / MILLION, model.badLossPpm / MILLION];
    const lost = inBad * bad + (1 - inBad) * good;
    const memory = memoryOf(model, gapUs);
    const between = inBad * (1 - inBad) * (bad - good) ** 2;
    const variance = (lost * (1 - lost) + (2 * between * memory) / (1 - memory)) / COUNT;
    expectWithin99(run(model, gapUs).filter(isLost).length / COUNT, lost, variance);
  });

  test.each([100, 10_000, 50_000, 400_000])('bursts have the length that a spell has, seen every %i us', (gapUs) => {
    const model = outages(300_000, 50_000);
    const stays = 50 / 350 + (300 / 350) * memoryOf(model, gapUs);
    const runs = lossRuns(run(model, gapUs));
    expectWithin99(mean(runs), 1 / (1 - stays), stays / (1 - stays) ** 2 / runs.length);
  });

  test('starts, and is after a long silence, as in the long run', () => {
    const model = outages(90_000, 10_000);
    for (const silences of [0, 1, 2]) {
      const last = Array.from({ length: 20_000 }, (_, seed) => run(model, 1e9, `${seed}`, silences + 1).at(-1)!);
      expectWithin99(last.filter(isLost).length / last.length, 0.1, (0.1 * 0.9) / last.length);
    }
  });

  test('a bad spell ends whether packets come or not', () => {
    const model = outages(MILLION, 100_000);
    let [ended, dense, sparse] = [0, 0, 0];
    for (let seed = 0; seed < 20_000; seed++) {
      const one = new TimedChannel(model, SeededRandom.fromText(`${seed}`));
      const other = new TimedChannel(model, SeededRandom.fromText(`${seed}`));
      if (!isLost(one.transit(PACKET, 0)) || !isLost(other.transit(PACKET, 0))) continue;
      ended++;
      for (let now = 1000; now < 200_000; now += 1000) one.transit(PACKET, now);
      if (isLost(one.transit(PACKET, 200_000))) dense++;
      if (isLost(other.transit(PACKET, 200_000))) sparse++;
    }
    expect(dense).toBe(sparse);
    const stays = 1 / 11 + (10 / 11) * memoryOf(model, 200_000);
    expectWithin99(sparse / ended, stays, (stays * (1 - stays)) / ended);
  });
});
