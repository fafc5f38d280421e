import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../world/random.ts';
import { burstLoss } from './burst-loss.ts';
import type { BurstLoss } from './link-model.ts';
import { expectWithin99, isLost, lossRuns, mean, verdicts } from './measure.suite.ts';

const COUNT = 200_000;
const MILLION = 1_000_000;

const channel = (parameters: readonly number[]): BurstLoss => {
  const [toBadPpm, toGoodPpm, goodLossPpm, badLossPpm] = parameters as [number, number, number, number];
  return { toBadPpm, toGoodPpm, goodLossPpm, badLossPpm };
};
const run = (model: BurstLoss, seed: string, count = COUNT): number[] =>
  verdicts(burstLoss(model, SeededRandom.fromText(seed)), count);

/** What theory says of the channel: shares, and the variance of the share that is lost of `count` packets. */
function theory({ toBadPpm, toGoodPpm, goodLossPpm, badLossPpm }: BurstLoss, count: number) {
  const [p, r, good, bad] = [toBadPpm, toGoodPpm, goodLossPpm, badLossPpm].map((ppm) => ppm / MILLION) as number[];
  const inBad = p! / (p! + r!);
  const lost = inBad * bad! + (1 - inBad) * good!;
  // Neighbours are alike: the state's autocorrelation at a distance of k packets is (1 - p - r)^k.
  const memory = 1 - p! - r!;
  const between = inBad * (1 - inBad) * (bad! - good!) ** 2;
  const variance = (lost * (1 - lost) + (2 * between * memory) / (1 - memory)) / count;
  return { lost, variance };
}

describe('burst loss (Gilbert and Elliott)', () => {
  test.each([
    [[10_000, 200_000, 0, MILLION]], // Gilbert's own: nothing in the good state, all in the bad one
    [[1_000, 100_000, 0, MILLION]],
    [[5_000, 250_000, 1_000, 500_000]],
    [[80_000, 80_000, 20_000, 900_000]],
    [[300_000, 700_000, 0, MILLION]], // without memory: the same as independent loss
    [[900_000, 900_000, 100_000, 800_000]], // the state changes nearly every time
  ])('%j loses what theory says', (parameters) => {
    const model = channel(parameters);
    const { lost, variance } = theory(model, COUNT);
    expectWithin99(run(model, 'mean').filter(isLost).length / COUNT, lost, variance);
  });

  test.each([10_000, 200_000, 500_000, MILLION])(
    'bursts end after each packet with probability %i ppm: their lengths are geometric',
    (toGoodPpm) => {
      const runs = lossRuns(run(channel([10_000, toGoodPpm, 0, MILLION]), 'runs'));
      const end = toGoodPpm / MILLION;
      // Of a good spell at least one packet is seen, so no two bursts look like one.
      expectWithin99(mean(runs), 1 / end, (1 - end) / end ** 2 / runs.length);
      const single = runs.filter((length) => length === 1).length / runs.length;
      expectWithin99(single, end, (end * (1 - end)) / runs.length);
      if (toGoodPpm === MILLION) expect(new Set(runs)).toEqual(new Set([1]));
    },
  );

  test('starts in the state in which a link is in the long run', () => {
    const model = channel([20_000, 180_000, 0, MILLION]);
    const first = Array.from({ length: 20_000 }, (_, seed) => run(model, `start ${seed}`, 1)[0]!);
    expectWithin99(first.filter(isLost).length / first.length, 0.1, (0.1 * 0.9) / first.length);
  });

  test('a state that nothing leads to or from is for ever', () => {
    expect(run(channel([0, 0, 0, MILLION]), 'good', 1000).some(isLost)).toBe(false);
    expect(run(channel([0, 1, 0, MILLION]), 'good', 1000).some(isLost)).toBe(false);
    expect(run(channel([1, 0, 0, MILLION]), 'bad', 1000).every(isLost)).toBe(true);
  });

  test('how much is lost in a state does not change when it changes', () => {
    const all = run(channel([10_000, 100_000, 0, MILLION]), 'states', 20_000).map(isLost);
    const some = run(channel([10_000, 100_000, 0, 500_000]), 'states', 20_000).map(isLost);
    expect(some.every((lost, index) => !lost || all[index])).toBe(true);
    expect(some.filter(Boolean).length).toBeGreaterThan(500);
  });

  test('says that it was a burst', () => {
    expect(burstLoss(channel([1, 1, 1, 1]), SeededRandom.fromText('x')).reason).toBe('link: burst loss');
  });
});
