import { expect, it } from 'vitest';
import { loadScenario } from './load-scenario.ts';
import { cellOf, selectCells } from './select-cells.ts';
import { scenarioText, VOCABULARY } from './testdata.ts';

const SCENARIO = loadScenario(
  scenarioText('axes: { a: [open, [full-cone, symmetric]], b: [open, symmetric], link: [lan] }'),
  'm.yaml',
  VOCABULARY,
);

it.each([
  ['open,*', ['open,open,lan', 'open,symmetric,lan']],
  ['*symmetric,open,*', ['full-cone+symmetric,open,lan']],
  ['open,open,lan', ['open,open,lan']],
  ['open,open,la?', ['open,open,lan']],
  ['*', ['open,open,lan', 'open,symmetric,lan', 'full-cone+symmetric,open,lan', 'full-cone+symmetric,symmetric,lan']],
])('%s', (glob, ids) => {
  expect(selectCells(SCENARIO, glob).cells.map(({ id }) => id)).toEqual(ids);
});

it('takes no character but * and ? for more than itself', () => {
  expect(() => selectCells(SCENARIO, 'open.open.lan')).toThrow(
    'test has no cell that matches "open.open.lan"; did you mean "open,open,lan"?',
  );
});

it('finds a cell, or names the nearest', () => {
  expect(cellOf(SCENARIO, 'open,symmetric,lan').axes).toEqual({ a: 'open', b: 'symmetric', link: 'lan' });
  expect(() => cellOf(SCENARIO, 'open,symetric,lan')).toThrow(
    'test has no cell "open,symetric,lan"; did you mean "open,symmetric,lan"?',
  );
  expect(() => cellOf(SCENARIO, '?')).toThrow('test has no cell "?"; its first is "open,open,lan"');
});
