import { describe, expect, it } from 'vitest';
import { expectedCount } from '../../bench/expected-count.ts';
import { RACES } from '../../bench/matrix-runs.ts';
import { trialSeed } from '../../lab-cli/scenario/trial-seed.ts';
import { prospectOf } from '../../lab-cli/trial/prospect.ts';
import { runTrial } from '../../lab-cli/trial/run-trial.ts';
import { shippedAs } from '../outcomes/shipped.ts';

const [DIRECT, , RELAY] = RACES;

/** Of each matrix one cell in so many, in a stride that meets every row and column; `npm run bench:matrices` does them all. */
const SLICES = [
  ['race-types', DIRECT!, 17],
  ['race-grid', DIRECT!, 5],
  ['race-grid', RELAY!, 9],
  ['race-types', RELAY!, 47],
] as const;

describe('a slice of the matrices, one trial of each cell', () => {
  it.each(SLICES.map(([name, way, stride]) => [name, way.slug, way.changes, stride] as const))(
    '%s in %s: what theory is sure of is connected, and what it rules out is not',
    async (name, _, changes, stride) => {
      const scenario = shippedAs(name, changes);
      const against: string[] = [];
      const chances: number[] = [];
      let lucky = 0;
      for (const cell of scenario.cells.filter((_, index) => index % stride === 0)) {
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
