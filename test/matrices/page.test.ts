import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { EACH, MATRICES, RACES, runsOf } from '../../bench/matrix-runs.ts';
import type { ResolvedScenario } from '../../lab-cli/scenario/types.ts';
import { type Prospect, prospectOf } from '../../lab-cli/trial/prospect.ts';
import { shipped, shippedAs } from '../outcomes/shipped.ts';
import { blocksOf } from '../readme.ts';

const FILE = fileURLToPath(new URL('../../docs/matrices.md', import.meta.url));
const SIGNS: Readonly<Record<Prospect['kind'], string>> = { certain: 'D', chance: 's', open: '?', impossible: '.' };

/** The seven types, each with its five delta types: groups of five letters. */
function gridLines(scenario: ResolvedScenario): string[] {
  const rows = new Map<string, string[]>();
  for (const cell of scenario.cells) {
    const signs = rows.get(cell.axes.a!) ?? [];
    rows.set(cell.axes.a!, signs);
    if (signs.length % 6 === 5) signs.push(' ');
    signs.push(SIGNS[prospectOf(scenario, cell, null).kind]);
  }
  const width = Math.max(...[...rows.keys()].map((name) => name.length));
  return [...rows].map(([name, signs]) => `${name.padEnd(width)}  ${signs.join('')}\n`);
}

it('shows what theory says of the 35 x 35; UPDATE_MATRICES=1 writes it', () => {
  const markdown = readFileSync(FILE, 'utf8');
  const { text, start, end } = blocksOf(markdown).get('types')!;
  const lines = gridLines(shipped('race-types')).join('');
  if (process.env.UPDATE_MATRICES) writeFileSync(FILE, markdown.slice(0, start) + lines + markdown.slice(end));
  else expect(text).toBe(lines);
});

/** Of each table and row of the runs: the number of cells of each kind, as it was when they ran. */
function casesRun(markdown: string): [title: string, matrix: string, cases: number[]][] {
  const tables = /<!-- runs -->\n([\s\S]*?)<!-- end of runs -->/.exec(markdown)![1]!;
  let title = '';
  return tables.split('\n').flatMap((line) => {
    title = /^\*\*(.*)\*\*$/.exec(line)?.[1] ?? title;
    if (!line.startsWith('| `')) return [];
    const [name, , certain, chance, , open, impossible] = line
      .split('|')
      .slice(1, -1)
      .map((text) => text.trim());
    const cases = [certain, chance, open, impossible].map((text) => Number(/ in (\d+)$/.exec(text!)?.[1] ?? 0));
    return [[title, name!.slice(1, -1), cases]];
  });
}

function casesNow(scenario: ResolvedScenario): number[] {
  const alone = scenario.mode === 'each' ? scenario.plugins.map(({ name }) => name) : [null];
  const kinds = scenario.cells.flatMap((cell) => alone.map((only) => prospectOf(scenario, cell, only).kind));
  return ['certain', 'chance', 'open', 'impossible'].map((kind) => kinds.filter((each) => each === kind).length);
}

it('counts the cells of the runs as the oracle has them now: else they have to be run again', () => {
  const now = [...RACES, EACH].flatMap((way) =>
    MATRICES.filter((matrix) => runsOf(matrix).includes(way)).map((matrix) => {
      return [way.title, matrix, casesNow(shippedAs(matrix, way.changes))];
    }),
  );
  expect(casesRun(readFileSync(FILE, 'utf8'))).toEqual(now);
});
