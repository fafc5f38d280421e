import { expect, it } from 'vitest';
import { trialSeed } from './trial-seed.ts';

it('is pinned: another value would make every stored run impossible to replay', () => {
  // printf '7\nopen,open,broadband\n3' | sha256sum
  expect(trialSeed(7, 'open,open,broadband', 3)).toBe('4abbd9d4f38c9830');
});

it('depends on the run, the cell and the trial', () => {
  const seeds = [
    trialSeed(7, 'a,b,c', 1),
    trialSeed(8, 'a,b,c', 1),
    trialSeed(7, 'a,b,d', 1),
    trialSeed(7, 'a,b,c', 11),
  ];
  expect(new Set(seeds).size).toBe(4);
});
