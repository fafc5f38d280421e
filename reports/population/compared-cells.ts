import type { ComparedCell, Theory } from './population-types.ts';

// Arithmetic on the cells of a comparison.

/** Those with trials, of which theory says so. */
export function testedCells(cells: readonly ComparedCell[], theory: Theory): ComparedCell[] {
  return cells.filter((cell) => cell.trials > 0 && cell.weight > 0 && cell.theory === theory);
}

export function ourRate({ connected, trials }: ComparedCell): number {
  return connected / trials;
}

export function theirRate({ theirs }: ComparedCell): number {
  return theirs ?? 0;
}

/** What a cell adds to the gap between ours and theirs. Over all cells it sums to the gap. */
export function contribution(cell: ComparedCell): number {
  return cell.weight * (ourRate(cell) - theirRate(cell));
}

export function totalWeight(cells: readonly ComparedCell[]): number {
  return cells.reduce((sum, { weight }) => sum + weight, 0);
}

/** By weight. */
export function meanOf(cells: readonly ComparedCell[], value: (cell: ComparedCell) => number): number {
  return cells.reduce((sum, cell) => sum + cell.weight * value(cell), 0) / totalWeight(cells);
}

export function samePairs(one: readonly ComparedCell[], other: readonly ComparedCell[]): boolean {
  const text = (cells: readonly ComparedCell[]) =>
    JSON.stringify(cells.map(({ a, b }) => JSON.stringify([a, b])).sort());
  return text(one) === text(other);
}
