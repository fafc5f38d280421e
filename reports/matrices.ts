import type { Aggregate, CellSummary, Tally } from './aggregate-types.ts';
import { groupTitle } from './axes.ts';

/** Axis `a` by axis `b`, for one combination of the other axes. */
export interface Matrix {
  /** The other axes' values, e.g. `link: mobile`; empty where there is nothing to tell apart. */
  readonly title: string;
  /** Values of axis `a`, which dials. */
  readonly rows: readonly string[];
  /** Values of axis `b`, which is dialled. */
  readonly columns: readonly string[];
  cell(row: string, column: string): CellSummary | undefined;
}

/** `unsupported`: the world cannot express the cell. `failed`: nothing connected, and theory does not excuse it. */
export type CellState = 'direct' | 'relayed' | 'failed' | 'impossible' | 'unsupported' | 'untested';

export function stateOf(tally: Tally | undefined): CellState {
  if (!tally || tally.trials + tally.unsupported === 0) return 'untested';
  if (tally.trials === 0) return 'unsupported';
  if (tally.connected > 0) return tally.relayed * 2 > tally.connected ? 'relayed' : 'direct';
  return tally.impossible === tally.trials ? 'impossible' : 'failed';
}

export function matrices({ axes, cells }: Aggregate): Matrix[] {
  const rows = axes.find(({ name }) => name === 'a')?.values ?? [''];
  const columns = axes.find(({ name }) => name === 'b')?.values ?? [''];
  const groups = new Map<string, Map<string, CellSummary>>();
  for (const cell of cells) {
    const title = groupTitle(axes, (name) => cell.axes.get(name));
    const group = groups.get(title) ?? new Map<string, CellSummary>();
    groups.set(title, group.set(place(cell.axes.get('a') ?? '', cell.axes.get('b') ?? ''), cell));
  }
  return [...groups].map(([title, group]) => {
    const cell = (row: string, column: string) => group.get(place(row, column));
    return {
      title,
      // What has no cell at all here belongs to another world.
      rows: rows.filter((row) => columns.some((column) => cell(row, column))),
      columns: columns.filter((column) => rows.some((row) => cell(row, column))),
      cell,
    };
  });
}

function place(row: string, column: string): string {
  return JSON.stringify([row, column]);
}
