import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrialResult } from '../schema.ts';
import { type SampleRun, sampleRun, writeSampleRun } from '../testdata/sample-run.ts';
import { compareRuns, disagreements } from './compare-runs.ts';
import { comparisonText } from './compare-text.ts';
import type { Comparison } from './compare-types.ts';
import { renderComparison } from './render-comparison.ts';

const { info: INFO, trials: TRIALS } = sampleRun({ mode: 'each', trials: 1, plugins: ['udp-punch'] });
const CELL = INFO.cells[0]!;
const SURE = { possible: ['udp-punch'], why: 'a: no NAT. udp-punch always: b lets it in' };
const LUCK = { possible: ['udp-punch'], why: 'a: no NAT. udp-punch sometimes: both have to dial at once' };
const CONNECTED = { outcome: 'connected', plugin: 'udp-punch', path: 'direct', connectMs: 100 } as const;
const FAILED = { outcome: 'not-connected', plugin: null, path: null, connectMs: null } as const;

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'punchlab-compare-'));
});
afterEach(() => rm(root, { recursive: true }));

/** One cell, one plugin, with hand-written endings. */
function run(world: 'sim' | 'kernel', endings: readonly Partial<TrialResult>[]): SampleRun {
  const trials = endings.map((ending, trial) => {
    return { ...TRIALS[0]!, cell: CELL.axes, trial, only: 'udp-punch', attempts: [], oracle: SURE, ...ending };
  });
  return { info: { ...INFO, world, cells: [CELL] }, trials };
}

function times(count: number, ending: Partial<TrialResult>): Partial<TrialResult>[] {
  return Array.from({ length: count }, () => ending);
}

async function compared(first: SampleRun, second: SampleRun): Promise<Comparison> {
  const [one, two] = [join(root, 'one'), join(root, 'two')];
  await Promise.all([writeSampleRun(one, first), writeSampleRun(two, second)]);
  return compareRuns(one, two);
}

const verdict = ({ rows: [row] }: Comparison) => ({ verdict: row!.verdict, certain: row!.certain, note: row!.note });

describe('a cell that leaves nothing to chance', () => {
  it('agrees if every trial ended alike', async () => {
    const comparison = await compared(run('sim', times(9, CONNECTED)), run('kernel', times(2, CONNECTED)));
    expect(verdict(comparison)).toEqual({ verdict: 'agrees', certain: true, note: '' });
    expect(disagreements(comparison)).toBe(0);
    expect(comparison.runs.map(({ world, trials }) => [world, trials])).toEqual([
      ['sim', 9],
      ['kernel', 2],
    ]);
  });

  it.each([
    ['one trial of the second ended otherwise', [CONNECTED, FAILED], 'nothing is left to chance here'],
    ['the path was another one', times(2, { ...CONNECTED, path: 'hairpin' }), 'path direct against hairpin'],
    ['a trial ended by a defect', [CONNECTED, { ...FAILED, outcome: 'crashed', error: 'boom' }], 'by a defect: boom'],
  ] as const)('disagrees if %s', async (_, endings, note) => {
    const comparison = await compared(run('sim', times(9, CONNECTED)), run('kernel', endings));
    expect(verdict(comparison)).toMatchObject({ verdict: 'disagrees', note: expect.stringContaining(note) });
    expect(disagreements(comparison)).toBe(1);
    expect(comparisonText(comparison)).toContain('DISAGREES');
    expect(renderComparison(comparison)).toContain('<tr class="disagrees">');
  });
});

describe('a cell that chance decides', () => {
  const luck = (connected: number, failed: number) => [
    ...times(connected, { ...CONNECTED, oracle: LUCK }),
    ...times(failed, { ...FAILED, oracle: LUCK }),
  ];

  it('agrees while the 99% intervals overlap', async () => {
    const comparison = await compared(run('sim', luck(9, 1)), run('kernel', luck(1, 2)));
    expect(verdict(comparison)).toEqual({ verdict: 'agrees', certain: false, note: '' });
  });

  it('disagrees once they exclude each other', async () => {
    const comparison = await compared(run('sim', luck(30, 0)), run('kernel', luck(0, 30)));
    expect(verdict(comparison)).toMatchObject({ verdict: 'disagrees', note: 'the 99% intervals exclude each other' });
  });
});

it('what a world cannot express is neither', async () => {
  const cannot = { ...FAILED, outcome: 'unsupported', error: 'hairpin: why' } as const;
  const comparison = await compared(run('sim', times(2, CONNECTED)), run('kernel', times(2, cannot)));
  expect(verdict(comparison)).toMatchObject({ verdict: 'unsupported', note: 'hairpin: why' });
  expect(disagreements(comparison)).toBe(0);
  expect(comparisonText(comparison)).toContain('unsupported, 1 ×: hairpin: why');
});

it('names the quirk of Linux that a NAT is to have', async () => {
  const world = (name: 'sim' | 'kernel', inboundFirst: string) => {
    const { info, trials } = run(name, times(1, CONNECTED));
    return { info: { ...info, nats: { bare: { summary: 'Linux', behaviour: { inboundFirst } } } }, trials };
  };
  const clash = await compared(world('sim', 'clash'), world('kernel', 'clash'));
  expect(clash.quirks).toEqual([expect.objectContaining({ name: 'inbound-first clash', nats: ['bare'] })]);
  expect(comparisonText(clash)).toContain('quirk, inbound-first clash: ');
  expect((await compared(world('sim', 'none'), world('kernel', 'none'))).quirks).toEqual([]);
});

it('a NAT that looks otherwise from inside is a disagreement', async () => {
  const seen = (inferred: string) => ({
    ...CONNECTED,
    nat: { a: { declared: 'x', inferred }, b: { declared: 'y', inferred: 'y' } },
  });
  const comparison = await compared(run('sim', times(3, seen('x'))), run('kernel', times(3, seen('unknown'))));
  expect(comparison.nats.map(({ declared, agrees }) => [declared, agrees])).toEqual([
    ['x', false],
    ['y', true],
  ]);
  expect(disagreements(comparison)).toBe(1);
});

it('refuses what is no run of the same scenario', async () => {
  const race = run('kernel', times(1, CONNECTED));
  await expect(compared(run('sim', []), { ...race, info: { ...race.info, mode: 'race' } })).rejects.toThrow(
    'has mode race',
  );
  const other = { id: 'elsewhere', axes: { ...CELL.axes, a: 'elsewhere' } };
  await expect(compared(run('sim', []), { ...race, info: { ...race.info, cells: [other] } })).rejects.toThrow(
    'has no cell that',
  );
});
