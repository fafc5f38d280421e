import { describe, expect, it } from 'vitest';
import { PRESETS } from '../../core/nat/presets.ts';
import { loadScenario } from './load-scenario.ts';
import { POPULATIONS } from './populations.ts';
import { FileError } from './problem.ts';
import { scenarioText, VOCABULARY } from './testdata.ts';

const AXES = 'axes: { a: [open, full-cone], b: [full-cone, open] }';
const EVEN = 'weights: { open: 50%, full-cone: 50% }';

function load(...lines: readonly string[]) {
  return loadScenario(scenarioText(AXES, ...lines), 'm.yaml', VOCABULARY);
}

function complaints(...lines: readonly string[]): string[] {
  try {
    load(...lines);
  } catch (error) {
    if (error instanceof FileError) return error.message.split('\n').map((line) => line.replace('m.yaml:', ''));
    throw error;
  }
  return [];
}

describe('a population', () => {
  it('is left out by most scenarios', () => {
    expect(load()).not.toHaveProperty('population.classes');
  });

  it('gives every value of the axes its weight, and knows which of them block UDP', () => {
    const { population } = loadScenario(
      scenarioText(
        'nats: { blocked: { extends: full-cone, blocks: [udp] } }',
        'axes: { a: [open, [full-cone, blocked]], b: [open, [full-cone, blocked]] }',
        'population: { weights: { open: 99.5%, full-cone+blocked: 0.25% } }',
      ),
      'm.yaml',
      VOCABULARY,
    );
    expect(population).toEqual({
      name: '',
      source: '',
      classes: [
        { name: 'open', weightPpm: 995_000, udp: true },
        { name: 'full-cone+blocked', weightPpm: 2_500, udp: false },
      ],
      published: [],
    });
  });

  it('may build on a named one, and weigh otherwise', () => {
    expect(load('population: { extends: mostly-open }').population).toMatchObject({
      name: 'mostly-open',
      source: 'nowhere',
      classes: [
        { name: 'open', weightPpm: 900_000 },
        { name: 'full-cone', weightPpm: 100_000 },
      ],
    });
    const other = load('population: { extends: mostly-open, weights: { open: 20%, full-cone: 80% } }');
    expect(other.population!.classes.map(({ weightPpm }) => weightPpm)).toEqual([200_000, 800_000]);
  });

  it('carries what was published, by the plugins of the scenario unless it says so', () => {
    const { population } = load(
      'population:',
      `  ${EVEN}`,
      '  published:',
      '    - { what: total, name: T, source: S, value: 70%, error: 7.1%, differs: [Peers leave.] }',
      '    - { what: total, name: U, source: S, value: 1%, among: [open], plugins: [udp-punch] }',
      '    - what: pair-matrix',
      '      name: M',
      '      source: S',
      '      values: { open: { open: 80%, full-cone: 12.5% } }',
    );
    const all = ['udp-punch', 'random-probe'];
    const common = { source: 'S', plugins: all, errorPpm: null, differs: [] };
    expect(population!.published).toEqual([
      {
        ...common,
        what: 'total',
        name: 'T',
        errorPpm: 71_000,
        differs: ['Peers leave.'],
        among: ['open', 'full-cone'],
        ppm: 700_000,
      },
      { ...common, what: 'total', name: 'U', plugins: ['udp-punch'], among: ['open'], ppm: 10_000 },
      {
        ...common,
        what: 'pair-matrix',
        name: 'M',
        cells: [
          { a: 'open', b: 'open', ppm: 800_000 },
          { a: 'open', b: 'full-cone', ppm: 125_000 },
        ],
      },
    ]);
  });

  it('changes no cell, no seed and no trial', () => {
    const { population, ...rest } = load(`population: { ${EVEN} }`);
    expect(population).toBeDefined();
    expect(rest).toEqual({ ...load(), population: undefined });
  });
});

describe('says what is wrong with a population', () => {
  const FIGURE = 'what: total, name: T, source: S, value: 70%';
  const figure = (text: string) => `population: { ${EVEN}, published: [{ ${text} }] }`;
  const LINE = 'a text of 1 to 100 characters on one line';

  it.each<[string, string[]]>([
    [
      'population: { weights: { opn: 50%, full-cone: 50% } }',
      [
        '4:13: the population has no weight for "open", expected one for each value of a and b',
        '4:31: axis a has no value "opn", expected open or full-cone; did you mean "open"?',
      ],
    ],
    ['population: { weights: { open: 50%, full-cone: 40% } }', ['4:24: the weights sum to 90%, expected 99% to 101%']],
    [
      'population: { weights: { open: 50%, full-cone: 50 } }',
      ['4:48: population.weights.full-cone is 50, expected a percentage from 0% to 100%, such as 1% or 0.25%'],
    ],
    [
      'population: { extends: mostly-opn }',
      [
        '4:24: unknown population "mostly-opn", expected a named population (docs/populations.md); did you mean "mostly-open"?',
      ],
    ],
    [
      'population: { weight: {} }',
      ['4:15: unknown key "weight" in population, expected extends, weights or published; did you mean "weights"?'],
    ],
    ['population: 5', ['4:13: population is 5, expected a mapping with the keys extends, weights, published']],
    [
      figure('name: T'),
      [`4:67: population.published[0] has no key "what", expected a published figure: what is pair-matrix or total`],
    ],
    [
      figure('what: totl, name: T'),
      ['4:75: population.published[0].what is "totl", expected a published figure: what is pair-matrix or total'],
    ],
    [
      figure('what: total, source: S, value: 70%'),
      [`4:67: population.published[0] has no key "name", expected ${LINE}`],
    ],
    [
      figure(`${FIGURE}, among: [opn]`),
      ['4:122: the population has no "opn", expected open or full-cone; did you mean "open"?'],
    ],
    [
      figure(`${FIGURE}, plugins: [udp-pnch]`),
      ['4:124: unknown plugin "udp-pnch", expected a plugin (`lab list plugins`); did you mean "udp-punch"?'],
    ],
    [
      figure(`${FIGURE}, values: {}`),
      [
        '4:114: unknown key "values" in population.published[0], expected what, name, source, plugins, error, differs, among or value; did you mean "value"?',
      ],
    ],
    [
      figure('what: pair-matrix, name: T, source: S, values: { open: { opn: 1% }, ful-cone: {} }'),
      [
        '4:131: the population has no "opn", expected open or full-cone; did you mean "open"?',
        '4:147: the population has no "ful-cone", expected open or full-cone; did you mean "full-cone"?',
      ],
    ],
    [
      figure('what: pair-matrix, name: T, source: S, values: {}'),
      ['4:116: the matrix is empty, expected a pair at least'],
    ],
    [
      figure('what: total, name: "a\\nb", source: S, value: 70%'),
      [`4:88: population.published[0].name is "a\\nb", expected ${LINE}`],
    ],
  ])('%s', (line, expected) => {
    expect(complaints(line)).toEqual(expected);
  });

  it('and with peers that share a NAT', () => {
    expect(complaints('topology: shared-cgn', `population: { ${EVEN} }`)).toContain(
      '5:13: a population is of peers drawn apart, but topology is shared-cgn, expected separate',
    );
  });

  it('and with plugins that take no part', () => {
    expect(complaints('plugins: [udp-punch]', figure(`${FIGURE}, plugins: [random-probe]`))).toEqual([
      '5:124: plugin "random-probe" takes no part, expected udp-punch',
    ]);
  });
});

describe('the named populations', () => {
  it.each([...POPULATIONS.keys()])('%s has shares of presets, all in all but for rounding, and a source', (name) => {
    const { weightsPpm, summary, source } = POPULATIONS.get(name)!;
    const sum = [...weightsPpm.values()].reduce((total, weight) => total + weight, 0);
    expect(Math.abs(sum - 1_000_000)).toBeLessThanOrEqual(10_000);
    for (const preset of [...weightsPpm.keys()].flatMap((side) => side.split('+'))) {
      expect(Object.keys(PRESETS)).toContain(preset);
    }
    expect(summary).not.toBe('');
    expect(source).toMatch(/\(\w.* 20\d\d\)/);
  });
});
