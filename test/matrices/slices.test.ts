import { describe, expect, it } from 'vitest';
import { expectedCount, prospectOf } from '../../bench/theory.ts';
import { trialSeed } from '../../lab-cli/scenario/trial-seed.ts';
import { runTrial } from '../../lab-cli/trial/run-trial.ts';
import { shipped } from '../outcomes/shipped.ts';

/** Of each matrix one cell in so many, in a stride that meets every row and column; `lab run` does them all. */
const SLICES: readonly (readonly [string, number])[] = [
  ['race-types', 17],
  ['race-grid', 5],
  ['race-grid-relay', 17],
  ['race-types-relay', 97],
];

describe('a slice of the matrices, one trial of each cell', () => {
  it.each(SLICES)(
    '%s: what theory is sure of is connected, and what it rules out is not',
    async (name, stride) => {
      const scenario = shipped(name);
      // Of bad lines only many trials tell something.
      const lossless = scenario.cells.filter(({ axes }) => axes.link === 'broadband');
      const against: string[] = [];
      const chances: number[] = [];
      let lucky = 0;
      for (const cell of lossless.filter((_, index) => index % stride === 0)) {
        const prospect = prospectOf(scenario, cell, null);
        const seed = trialSeed(scenario.seed, cell.id, 0);
        const { outcome } = await runTrial({ scenario, cell, trial: 0, only: null, seed });
        expect(['connected', 'not-connected', 'deadline']).toContain(outcome);
        const connected = outcome === 'connected';
        if (prospect.kind === (connected ? 'impossible' : 'certain')) against.push(`${cell.id}: ${outcome}`);
        if (prospect.kind !== 'chance') continue;
        chances.push(prospect.chance);
        if (connected) lucky++;
      }
      expect(against).toEqual([]);
      const { low, high } = expectedCount(chances);
      expect(lucky).toBeGreaterThanOrEqual(low);
      expect(lucky).toBeLessThanOrEqual(high);
    },
    60_000,
  );
});
