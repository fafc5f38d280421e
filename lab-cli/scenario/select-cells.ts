import { nearestWord } from './nearest.ts';
import { InputError } from './problem.ts';
import type { Cell, ResolvedScenario } from './types.ts';

/** The cell of that id.
 *
 * @throws InputError naming the nearest one
 */
export function cellOf(scenario: ResolvedScenario, id: string): Cell {
  const cell = scenario.cells.find((candidate) => candidate.id === id);
  if (cell) return cell;
  throw new InputError(`${scenario.name} has no cell "${id}"${suggestion(scenario, id)}`);
}

/**
 * The scenario with only the cells whose id matches: `*` stands for any text, `?` for one character.
 *
 * @throws InputError if none does
 */
export function selectCells(scenario: ResolvedScenario, glob: string): ResolvedScenario {
  const pattern = [...glob].map((char) => (char === '*' ? '.*' : char === '?' ? '.' : escapeRegExp(char))).join('');
  const matches = new RegExp(`^${pattern}$`);
  const cells = scenario.cells.filter(({ id }) => matches.test(id));
  if (cells.length > 0) return { ...scenario, cells };
  throw new InputError(`${scenario.name} has no cell that matches "${glob}"${suggestion(scenario, glob)}`);
}

function escapeRegExp(char: string): string {
  return /[a-z0-9]/i.test(char) ? char : `\\${char}`;
}

function suggestion({ cells }: ResolvedScenario, text: string): string {
  const nearest = nearestWord(
    text,
    cells.map(({ id }) => id),
  );
  return nearest === undefined ? `; its first is "${cells[0]?.id}"` : `; did you mean "${nearest}"?`;
}
