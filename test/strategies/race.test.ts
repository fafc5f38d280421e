import { expect, it } from 'vitest';
import { run, shipped } from '../outcomes/shipped.ts';

/** One cell in so many, in a stride that meets every row and column; `lab run` does them all. */
const STRIDE = 11;

it.each(['race-grid', 'race-types'])(
  '%s: what theory allows is connected, and nothing else',
  async (name) => {
    const scenario = shipped(name);
    const sample = new Set(scenario.cells.filter((_, index) => index % STRIDE === 0));
    const ran = await run(scenario, { cells: (cell) => sample.has(cell) });
    const wrong = ran.filter(({ connected, result }) => connected !== result.oracle!.possible.length > 0);
    expect(wrong.map(({ cell, result }) => `${cell.id}: ${result.outcome}`)).toEqual([]);
    expect(ran.some(({ connected }) => connected)).toBe(true);
  },
  120_000,
);
