import fc from 'fast-check';
import { it } from 'vitest';
import { stringify } from 'yaml';
import { loadScenario } from './load-scenario.ts';
import { FileError } from './problem.ts';
import { VOCABULARY } from './testdata.ts';

function loadOrExplain(yaml: string): void {
  try {
    loadScenario(yaml, 'm.yaml', VOCABULARY);
  } catch (error) {
    if (!(error instanceof FileError) || error.problems.length === 0) throw error;
    for (const { line, column } of error.problems) {
      if (!(line >= 1 && column >= 1)) throw new Error(`a problem at ${line}:${column}`);
    }
  }
}

it('never fails but with a list of problems, whatever the text', () => {
  const fragment = fc.constantFrom(
    'schema: 1\n',
    'axes: ',
    '[',
    ']',
    '{',
    '}',
    '- ',
    '&a ',
    '*a',
    ': ',
    '\n',
    '"',
    '%',
  );
  const text = fc.array(fc.oneof(fragment, fc.string({ maxLength: 6 })), { maxLength: 30 });
  fc.assert(
    fc.property(text, (parts) => loadOrExplain(parts.join(''))),
    { numRuns: 1000 },
  );
});

it('nor whatever stands in place of a section', () => {
  const word = fc.constantFrom(
    'open',
    'symmetric',
    'mine',
    'extends',
    'up',
    'down',
    'latency',
    'a',
    'b',
    '5ms',
    '1%',
    '',
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, word, fc.integer(), fc.boolean(), fc.constant(null), tie('list'), tie('map')),
    list: fc.array(tie('value'), { maxLength: 4 }),
    map: fc.dictionary(word, tie('value'), { maxKeys: 4 }),
  }));
  const key = fc.constantFrom('nats', 'axes', 'plugins', 'limits', 'expect', 'mode', 'name', 'seed');
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 5 }), (sections) => {
      const base = { schema: 1, name: 'test', nats: { mine: {} }, axes: { a: ['mine'], b: ['open'] } };
      loadOrExplain(stringify({ ...base, ...sections }));
    }),
    { numRuns: 1000 },
  );
});
