import type { Aggregate, CellSummary, Tally } from './aggregate-types.ts';
import { findings } from './findings.ts';
import { percent } from './format.ts';
import { type CellState, type Matrix, matrices, stateOf } from './matrices.ts';
import { pluginCodes } from './plugin-codes.ts';
import { populationText } from './population/population-text.ts';

/** Columns wider than this are headed by numbers, which a list below explains. */
const MAX_COLUMN_WIDTH = 20;
const MAX_WIDTH = 120;
const GAP = '  ';

/**
 * The winners and their rates as plain text for a terminal, without colour. Every line of a matrix starts with the side
 * that dials; a cell is the code of its commonest winner, `~` for a relayed path, and the share that connected. In mode
 * `each` there is no winner: a cell is the codes of all that could.
 */
export function renderSummary(aggregate: Aggregate): string {
  const codes = pluginCodes(aggregate.plugins);
  const alone = aggregate.mode === 'each';
  const shown = matrices(aggregate).map((matrix) => matrixText(matrix, codes, alone));
  const population = aggregate.population ? [populationText(aggregate.population)] : [];
  const parts = [...shown, legend(aggregate, codes), ...population, ...aggregate.warnings, findings(aggregate)];
  return parts.map(printable).join('\n\n');
}

function matrixText(matrix: Matrix, codes: ReadonlyMap<string, string>, alone: boolean): string {
  const corner = 'dials \\ answers';
  const cells = matrix.rows.map((row) =>
    matrix.columns.map((column) => cellText(matrix.cell(row, column), codes, alone)),
  );
  const rowWidth = Math.max(corner.length, ...matrix.rows.map((row) => row.length));
  const longest = Math.max(...matrix.columns.map((column) => column.length));
  const widthsUnder = (heads: readonly string[]) =>
    heads.map((head, index) => Math.max(head.length, ...cells.map((line) => line[index]!.length)));
  const full = [rowWidth, ...widthsUnder(matrix.columns)].reduce((sum, width) => sum + width + 2, 0);
  const tooWide = longest > MAX_COLUMN_WIDTH || full > MAX_WIDTH;
  const heads = matrix.columns.map((column, index) => (tooWide ? `${index + 1}` : column));
  const widths = widthsUnder(heads);
  const line = (head: string, values: readonly string[]) =>
    [head.padEnd(rowWidth), ...values.map((value, index) => value.padEnd(widths[index]!))].join(GAP).trimEnd();
  return [
    ...(matrix.title === '' ? [] : [matrix.title]),
    line(corner, heads),
    ...matrix.rows.map((row, index) => line(row, cells[index]!)),
    ...(tooWide ? ['', ...matrix.columns.map((column, index) => `${`${index + 1}`.padStart(4)} = ${column}`)] : []),
  ].join('\n');
}

function cellText(cell: CellSummary | undefined, codes: ReadonlyMap<string, string>, alone: boolean): string {
  const state = stateOf(cell?.tally);
  if (!cell || (state !== 'direct' && state !== 'relayed')) return SIGNS[state];
  return alone ? ableText(cell, codes) : winnerText(cell.tally, codes);
}

/** Who could, alone. */
function ableText({ plugins }: CellSummary, codes: ReadonlyMap<string, string>): string {
  const able = plugins.filter(({ tally }) => tally.connected > 0);
  return able
    .map(({ plugin, tally }) => `${codes.get(plugin) ?? '?'}${tally.connected < tally.trials ? '?' : ''}`)
    .join(' ');
}

function winnerText({ winners, connected, trials }: Tally, codes: ReadonlyMap<string, string>): string {
  const [first] = winners;
  const code = first ? `${codes.get(first.plugin) ?? '?'}${first.path === 'relayed' ? '~' : ''}` : '?';
  return `${code.padEnd(3)} ${percent(connected, trials).padStart(4)}`;
}

const SIGNS: Readonly<Record<CellState, string>> = {
  direct: '',
  relayed: '',
  failed: 'x     0%',
  impossible: '-     0%',
  unsupported: '?',
  untested: '.',
};

function legend({ plugins, mode }: Aggregate, codes: ReadonlyMap<string, string>): string {
  return [
    plugins.map((plugin) => `${codes.get(plugin)} ${plugin}`).join(GAP),
    mode === 'each'
      ? 'Named are all plugins that connected alone, with ? those that did not in every trial; x none connected  - impossible by theory  . untested'
      : '~ relayed  x none connected  - impossible by theory  ? unsupported  . untested',
  ].join('\n');
}

/** Names come out of files: what would steer a terminal is shown, not sent. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}
