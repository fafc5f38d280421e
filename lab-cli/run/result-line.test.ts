import { expect, it } from 'vitest';
import { parseTrial } from '../../reports/parse-result.ts';
import { loadScenario } from '../scenario/load-scenario.ts';
import { scenarioText, VOCABULARY } from '../scenario/testdata.ts';
import { crashedResult, resultLine } from './result-line.ts';
import { trialResult } from './testdata.ts';

it('is what reports read back', () => {
  const result = trialResult();
  expect(parseTrial(resultLine(result))).toEqual(result);
});

it('keeps what the relay was good for', () => {
  const upgrade = { from: 'turn-relay', ms: 1002.5 };
  expect(parseTrial(resultLine(trialResult({ upgrade }))).upgrade).toEqual(upgrade);
});

it('has its keys in one order, whatever the order they came in', () => {
  const result = trialResult({ drops: { b: 1, a: 2, c: 3 } });
  const shuffled = Object.fromEntries(Object.entries(result).reverse()) as unknown as typeof result;
  expect(resultLine(shuffled)).toBe(resultLine(result));
  expect(resultLine(result)).toContain('"drops":{"a":2,"b":1,"c":3}');
  expect(resultLine(result)).toMatch(/^{"schema":1,"cell":{"a":"open","b":"full-cone","link":"broadband"},"trial":3,/);
});

it('drops digits of milliseconds that float arithmetic made up', () => {
  const line = resultLine(trialResult({ connectMs: 0.1 + 0.2 }));
  expect(line).toContain('"connectMs":0.3,');
  expect(() => resultLine(trialResult({ connectMs: Number.NaN }))).toThrow(RangeError);
});

it('leaves out what differs between machines', () => {
  const error = 'Error: no route\n    at open (/home/someone/x.ts:1:1)';
  expect(resultLine(trialResult({ error }))).toContain('"error":"Error: no route"');
});

it('is a crash where there is nothing else to say', () => {
  const scenario = loadScenario(scenarioText(), 'm.yaml', VOCABULARY);
  const spec = { scenario, cell: scenario.cells[0]!, trial: 3, only: null, seed: '0123456789abcdef' };
  const result = parseTrial(resultLine(crashedResult(spec, new RangeError('out of memory'))));
  expect(result).toMatchObject({ outcome: 'crashed', error: 'RangeError: out of memory', trial: 3, plugin: null });
  expect(result.cell).toEqual({ a: 'open', b: 'full-cone', link: 'broadband' });
});
