import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type Prospect, prospectOf } from '../../bench/theory.ts';
import type { ResolvedScenario } from '../../lab-cli/scenario/types.ts';
import { shipped } from '../outcomes/shipped.ts';
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

/** Of a row of the table of runs: the number of cells of each kind, as it was when they ran. */
function casesRun(markdown: string): Map<string, number[]> {
  const table = /<!-- runs -->\n([\s\S]*?)<!-- end of runs -->/.exec(markdown)![1]!;
  const rows = table.split('\n').filter((line) => line.startsWith('| `'));
  return new Map(
    rows.map((line) => {
      const [name, , certain, chance, , open, impossible] = line
        .split('|')
        .slice(1, -1)
        .map((text) => text.trim());
      const cases = [certain, chance, open, impossible].map((text) => Number(/ in (\d+)$/.exec(text!)?.[1] ?? 0));
      return [name!, cases];
    }),
  );
}

/** Of a row's name, such as `shapes-nat64` without the relay. */
function scenarioOf(name: string): ResolvedScenario {
  const [, base, less] = /^`([a-z0-9-]+)`( without the relay)?$/.exec(name)!;
  const scenario = shipped(base!);
  const direct = scenario.plugins.filter((plugin) => plugin.name !== 'turn-relay');
  return less === undefined ? scenario : { ...scenario, plugins: direct };
}

function casesNow(scenario: ResolvedScenario): number[] {
  const alone = scenario.mode === 'each' ? scenario.plugins.map(({ name }) => name) : [null];
  const kinds = scenario.cells.flatMap((cell) => alone.map((only) => prospectOf(scenario, cell, only).kind));
  return ['certain', 'chance', 'open', 'impossible'].map((kind) => kinds.filter((each) => each === kind).length);
}

it('counts the cells of the runs as the oracle has them now: else they have to be run again', () => {
  const then = casesRun(readFileSync(FILE, 'utf8'));
  expect(then.size).toBeGreaterThanOrEqual(15);
  for (const [name, cases] of then) expect([name, casesNow(scenarioOf(name))]).toEqual([name, cases]);
});
