import { describe, expect, it } from 'vitest';
import { accountFor, type Compared, compareGroups } from './account.ts';
import { type Pair, PairTable } from './pair-table.ts';
import type { ComparedCell, PopulationGroup } from './population-types.ts';
import type { PublishedFigure } from './run-population.ts';

const CLASSES = [
  { name: 'cone', weightPpm: 500_000, udp: true },
  { name: 'symmetric', weightPpm: 300_000, udp: true },
  { name: 'blocked', weightPpm: 200_000, udp: false },
];
const UDP = ['cone', 'symmetric'];

/** Theory and 20 trials of each: all connect that it allows, but for `missed` of them. */
function table(missed = 0): PairTable {
  return new PairTable(CLASSES, (a, b): Pair => {
    const possible = [a, b].includes('cone') && ![a, b].includes('blocked');
    return { trials: 20, connected: possible ? 20 - missed : 0, theory: possible ? 'possible' : 'impossible' };
  });
}

const relayed = new PairTable(CLASSES, () => ({ trials: 20, connected: 20, theory: 'possible' }));
const published = { source: 'nowhere', plugins: ['udp-punch'], errorPpm: null, differs: [] };

function matrix(name: string, rate: (a: string, b: string) => number, own = table()): Compared {
  const cells = UDP.flatMap((a) => UDP.map((b) => ({ a, b, ppm: rate(a, b) * 1e6 })));
  const figure: PublishedFigure = { ...published, what: 'pair-matrix', name, cells };
  return compared(figure, own.cells(cells), own);
}

function total(ppm: number, errorPpm: number | null = null, own = table()): Compared {
  const figure: PublishedFigure = { ...published, what: 'total', name: 'a total', among: UDP, ppm, errorPpm };
  return { ...compared(figure, own.among(UDP), own), theirs: ppm / 1e6 };
}

function compared(figure: PublishedFigure, cells: ComparedCell[], own: PairTable): Compared {
  const theirs = cells.reduce((sum, cell) => sum + cell.weight * (cell.theirs ?? 0), 0);
  return { figure, theirs, ours: own.share(cells), cells, table: own };
}

function account(one: Compared, ...others: readonly Compared[]): string[] {
  return accountFor(one, { any: one.table, lostPackets: 0, comparisons: [one, ...others] });
}

// Among cone (5/8) and symmetric (3/8): 55/64 of the pairs are possible.
const eighty = (a: string, b: string) => ([a, b].includes('cone') ? 0.8 : 0.04);

describe('what accounts for the gap to a matrix', () => {
  it('is split by what theory says, and by the cells that make most of it', () => {
    expect(account(matrix('Table 1', eighty))).toEqual([
      'Ours is 85.9% (95% interval 77.7% to 88.2%), theirs 69.3%: 16.6 points higher.',
      'In the 85.9% of these pairs that theory connects, ours connect 100%, theirs 80.0%: +17.2 points of the gap; NAT types do not explain what fails there.',
      'In the 14.1% of these pairs that theory excludes, ours connect 0%, theirs 4.0%: −0.6 points of the gap; so some NATs of those classes do better than ours of the name.',
      'Its largest parts, in points: cone to cone +7.8 (100% against 80.0%, 39.1% of the pairs); cone to symmetric +4.7 (100% against 80.0%, 23.4% of the pairs); symmetric to cone +4.7 (100% against 80.0%, 23.4% of the pairs).',
      'It leaves out 36.0% of all pairs; with them ours is 55.0%.',
      'No link lost a packet in these trials.',
    ]);
  });

  it('adds up: the parts are the whole', () => {
    const one = matrix('Table 1', eighty, table(3));
    const parts = account(one).flatMap((sentence) => /([+−][\d.]+) points of the gap/.exec(sentence)?.[1] ?? []);
    const sum = parts.reduce((all, part) => all + Number(part.replace('−', '-')), 0);
    expect(sum).toBeCloseTo(100 * (one.ours!.share - one.theirs), 1);
  });

  it('draws no conclusion where theirs are as ours', () => {
    const sentences = account(matrix('Table 1', (a, b) => ([a, b].includes('cone') ? 1 : 0)));
    expect(sentences[0]).toContain('theirs 85.9%: the same.');
    expect(sentences.join()).not.toContain('explain');
    expect(sentences.join()).not.toContain('largest');
  });

  it('sets it beside another of the same pairs', () => {
    const [first, retries] = [matrix('first attempt', eighty), matrix('with retries', (a, b) => 1.1 * eighty(a, b))];
    expect(account(first, retries)).toContain('“with retries”, of the same pairs, is 6.9 points higher.');
    expect(account(retries, first)).toContain('“first attempt”, of the same pairs, is 6.9 points lower.');
  });

  it('says what other plugins connect, and what links lost', () => {
    const one = matrix('Table 1', eighty);
    const sentences = accountFor(one, { any: relayed, lostPackets: 1234, comparisons: [one] });
    expect(sentences).toContain('Ours counts udp-punch only; by all plugins 100% of its pairs connect.');
    expect(sentences).toContain('Links lost 1,234 packets in these trials.');
  });
});

describe('what accounts for the gap to a total', () => {
  it('is what theory allows, and what the failures of a matrix would make of it', () => {
    expect(account(total(700_000, 71_000), matrix('Table 1', eighty))).toEqual([
      'Ours is 85.9% (95% interval 77.7% to 88.2%), theirs 70.0% ± 7.1: 15.9 points higher.',
      'Theory connects 85.9% of these pairs; ours connect 100% of those.',
      'If pairs that theory connects failed as often as in “Table 1” (20.0%), ours would be 68.8%, within the error of this figure.',
      'It leaves out 36.0% of all pairs; with them ours is 55.0%.',
      'No link lost a packet in these trials.',
    ]);
  });

  it('may be within the error that its source gives', () => {
    expect(account(total(900_000, 50_000))[0]).toMatch(/: 4\.1 points lower, within its error\.$/);
    expect(account(total(900_000, 40_000))[0]).toMatch(/: 4\.1 points lower\.$/);
    expect(account(total(859_375))[0]).toMatch(/theirs 85\.9%: the same\.$/);
  });

  it('takes no failures from a matrix of other plugins', () => {
    const other = matrix('Table 1', eighty);
    const strange = { ...other, figure: { ...other.figure, plugins: ['tcp-punch'] } };
    expect(account(total(700_000), strange).join()).not.toContain('Table 1');
  });
});

it('says what was not tested', () => {
  const half = new PairTable(CLASSES, (a, b) => {
    const trials = a === 'cone' && b === 'cone' ? 20 : 0;
    return { trials, connected: trials, theory: 'possible' };
  });
  expect(account(total(700_000, null, half))[1]).toBe('60.9% of these pairs were not tested; ours is of the others.');
  const none = new PairTable(CLASSES, () => ({ trials: 0, connected: 0, theory: 'unknown' }));
  expect(account(total(700_000, null, none))).toEqual(['None of its pairs was tested.']);
});

it('says of plugins without a rule nothing about theory', () => {
  const unknown = new PairTable(CLASSES, () => ({ trials: 20, connected: 10, theory: 'unknown' }));
  expect(account(matrix('Table 1', eighty, unknown)).join()).not.toContain('theory');
  expect(account(total(700_000, null, unknown)).join()).not.toContain('heory');
});

it('compares groups only where both have a number', () => {
  const comparison = { ...total(700_000), account: ['one'] };
  const group = (title: string, ours: Compared['ours']): PopulationGroup => ({
    title,
    any: { all: null, udp: null },
    byPlugin: [],
    comparisons: [{ ...comparison, ours }],
  });
  const accounts = (ours: Compared['ours']) =>
    compareGroups([group('link: a', comparison.ours), group('link: b', ours)]).map(
      (one) => one.comparisons[0]!.account,
    );
  expect(accounts(comparison.ours)).toEqual([
    ['one'],
    ['one', 'With link: a ours is the same: what sets the two apart accounts for nothing here.'],
  ]);
  expect(accounts(null)).toEqual([['one'], ['one']]);
});
