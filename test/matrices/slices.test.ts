import { describe, expect, it } from 'vitest';
import { expectedCount, prospectOf } from '../../bench/theory.ts';
import { trialSeed } from '../../lab-cli/scenario/trial-seed.ts';
import type { Cell, ResolvedScenario } from '../../lab-cli/scenario/types.ts';
import { runTrial } from '../../lab-cli/trial/run-trial.ts';
import { shipped } from '../outcomes/shipped.ts';

/** Of each scenario one case in so many, in a stride that meets every row and column; `lab run` does them all. */
const SLICES: readonly (readonly [string, number])[] = [
  ['race-types', 17],
  ['race-grid', 5],
  ['race-grid-relay', 17],
  ['race-types-relay', 97],
  ['shapes-same-lan', 4],
  ['shapes-same-nat', 4],
  ['shapes-shared-cgn', 9],
  ['shapes-ipv6', 23],
  ['shapes-ipv6-lan', 5],
  ['shapes-nat64', 13],
  ['shapes-families', 13],
  ['shapes-interfaces', 11],
  ['shapes-policies', 17],
];

interface Case {
  readonly cell: Cell;
  readonly only: string | null;
}

function casesOf({ cells, mode, plugins }: ResolvedScenario): Case[] {
  const alone = mode === 'each' ? plugins.map(({ name }) => name) : [null];
  return cells.flatMap((cell) => alone.map((only) => ({ cell, only })));
}

describe('a slice of the matrices, one trial of each case', () => {
  it.each(SLICES)(
    '%s: what theory is sure of is connected, and what it rules out is not',
    async (name, stride) => {
      const scenario = shipped(name);
      const against: string[] = [];
      const chances: number[] = [];
      let lucky = 0;
      for (const { cell, only } of casesOf(scenario).filter((_, index) => index % stride === 0)) {
        // Of bad lines only many trials tell something.
        if (cell.axes.link?.includes('loss')) continue;
        const prospect = prospectOf(scenario, cell, only);
        const seed = trialSeed(scenario.seed, cell.id, 0);
        const { outcome } = await runTrial({ scenario, cell, trial: 0, only, seed });
        const connected = outcome === 'connected';
        expect(['connected', 'not-connected', 'deadline']).toContain(outcome);
        if (prospect.kind === (connected ? 'impossible' : 'certain'))
          against.push(`${cell.id} ${only ?? ''}: ${outcome}`);
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
