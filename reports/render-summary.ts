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
 * that dials; a cell is the code of its commonest winner, `~` for a relayed path, and the share that connected.
 */
export function renderSummary(aggregate: Aggregate): string {
  const codes = pluginCodes(aggregate.plugins);
  const shown = matrices(aggregate).map((matrix) => matrixText(matrix, codes));
  const population = aggregate.population ? [populationText(aggregate.population)] : [];
  const parts = [...shown, legend(aggregate, codes), ...population, ...aggregate.warnings, findings(aggregate)];
  return parts.map(printable).join('\n\n');
}

function matrixText(matrix: Matrix, codes: ReadonlyMap<string, string>): string {
  const corner = 'dials \\ answers';
  const cells = matrix.rows.map((row) => matrix.columns.map((column) => cellText(matrix.cell(row, column), codes)));
  const rowWidth = Math.max(corner.length, ...matrix.rows.map((row) => row.length));
  const widths = matrix.columns.map((column, index) =>
    Math.max(column.length, ...cells.map((line) => line[index]!.length)),
  );
  const tooWide =
    Math.max(...widths) > MAX_COLUMN_WIDTH ||
    [rowWidth, ...widths].reduce((sum, width) => sum + width + 2, 0) > MAX_WIDTH;
  const heads = matrix.columns.map((column, index) => (tooWide ? `${index + 1}` : column));
  const line = (head: string, values: readonly string[]) =>
    [head.padEnd(rowWidth), ...values.map((value, index) => value.padEnd(tooWide ? 9 : widths[index]!))]
      .join(GAP)
      .trimEnd();
  return [
    ...(matrix.title === '' ? [] : [matrix.title]),
    line(corner, heads),
    ...matrix.rows.map((row, index) => line(row, cells[index]!)),
    ...(tooWide ? ['', ...matrix.columns.map((column, index) => `${`${index + 1}`.padStart(4)} = ${column}`)] : []),
  ].join('\n');
}

function cellText(cell: CellSummary | undefined, codes: ReadonlyMap<string, string>): string {
  const state = stateOf(cell?.tally);
  return cell && (state === 'direct' || state === 'relayed') ? winnerText(cell.tally, codes) : SIGNS[state];
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

function legend({ plugins }: Aggregate, codes: ReadonlyMap<string, string>): string {
  return [
    plugins.map((plugin) => `${codes.get(plugin)} ${plugin}`).join(GAP),
    '~ relayed  x none connected  - impossible by theory  ? unsupported  . untested',
  ].join('\n');
}

/** Names come out of files: what would steer a terminal is shown, not sent. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}
