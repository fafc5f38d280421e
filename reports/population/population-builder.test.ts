import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aggregateRuns } from '../aggregate.ts';
import { parseRun } from '../parse-result.ts';
import type { Mode, TrialResult } from '../schema.ts';
import { wilson } from '../statistics.ts';
import { type SampleRun, sampleRun, writeSampleRun } from '../testdata/sample-run.ts';
import type { PopulationSummary } from './population-types.ts';
import type { PublishedFigure, RunPopulation } from './run-population.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'punchlab-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

const published = { source: 'nowhere', plugins: ['udp-punch'], errorPpm: null, differs: [] };

function population(...figures: readonly PublishedFigure[]): RunPopulation {
  return {
    name: 'half-and-half',
    source: 'made up',
    classes: [
      { name: 'full-cone', weightPpm: 600_000, udp: true },
      { name: 'symmetric', weightPpm: 300_000, udp: true },
      { name: 'udp-blocked', weightPpm: 100_000, udp: false },
    ],
    published: figures,
  };
}

interface Made {
  readonly mode?: Mode;
  readonly plugins?: readonly string[];
  readonly links?: readonly string[];
  readonly population?: RunPopulation;
  readonly shard?: { readonly index: number; readonly of: number };
  /** Which plugin connects the pair in its n-th trial; null: none. In mode `each`: does `only` connect it? */
  winner(a: string, b: string, trial: number, only: string | null, link: string): string | null;
  readonly drops?: Readonly<Record<string, number>>;
}

const CLASSES = ['full-cone', 'symmetric', 'udp-blocked'];

/** Four trials of each pair of the classes. */
function made(options: Made): SampleRun {
  const { mode = 'race', plugins = ['udp-punch', 'turn-relay'], links = ['broadband'], drops = {} } = options;
  const { info, trials } = sampleRun({ mode, trials: 4, plugins, links, shard: options.shard });
  const known = ({ a, b }: Readonly<Record<string, string>>) => CLASSES.includes(a!) && CLASSES.includes(b!);
  return {
    info: {
      ...info,
      cells: info.cells.filter(({ axes }) => known(axes)),
      population: options.population ?? population(),
    },
    trials: trials
      .filter(({ cell }) => known(cell))
      .map((trial): TrialResult => {
        const plugin = options.winner(trial.cell.a!, trial.cell.b!, trial.trial, trial.only, trial.cell.link!);
        const path = plugin === null ? null : plugin === 'turn-relay' ? 'relayed' : 'direct';
        return {
          ...trial,
          outcome: plugin === null ? 'not-connected' : 'connected',
          plugin,
          path,
          attempts: [],
          drops,
        };
      }),
  };
}

async function summary(...runs: readonly SampleRun[]): Promise<PopulationSummary> {
  const dirs = runs.map((_, index) => join(root, `${index}`));
  for (const [index, run] of runs.entries()) await writeSampleRun(dirs[index]!, run);
  return (await aggregateRuns(dirs)).population!;
}

const punched = (a: string, b: string) => [a, b].includes('full-cone') && ![a, b].includes('udp-blocked');
const cascade = (a: string, b: string) => (punched(a, b) ? 'udp-punch' : 'turn-relay');

describe('a race', () => {
  it('weights every ordered pair by the product of its shares, with all pairs and those that both have UDP', async () => {
    const { groups } = await summary(made({ winner: cascade }));
    expect(groups).toHaveLength(1);
    const [{ title, any, byPlugin }] = groups as [(typeof groups)[number]];
    expect(title).toBe('');
    expect(any.all).toMatchObject({ share: 1, tested: 1, trials: 36 });
    const [udp, turn] = byPlugin as [(typeof byPlugin)[number], (typeof byPlugin)[number]];
    // 0.6² + 2 × 0.6 × 0.3 of all pairs; of 0.9² that have UDP.
    expect(udp.plugin).toBe('udp-punch');
    expect(udp.all!.share).toBeCloseTo(0.72, 12);
    expect(udp.udp!.share).toBeCloseTo(0.72 / 0.81, 12);
    expect(turn.all!.share).toBeCloseTo(0.28, 12);
    expect(turn.udp!.share).toBeCloseTo(0.09 / 0.81, 12);
  });

  it('propagates the interval of each cell', async () => {
    const { groups } = await summary(made({ winner: cascade }));
    const { share, interval } = groups[0]!.any.all!;
    const weights = [0.6, 0.3, 0.1].flatMap((a) => [0.6, 0.3, 0.1].map((b) => a * b));
    const width = (1 - wilson(4, 4).low) * Math.sqrt(weights.reduce((sum, weight) => sum + weight ** 2, 0));
    expect(share - interval.low).toBeCloseTo(width, 12);
    expect(interval.high).toBe(1);
  });

  it('leaves out what was not tested, unsupported or never run, and says how much was', async () => {
    const run = made({ winner: cascade });
    const { groups } = await summary({
      info: { ...run.info, cells: run.info.cells.filter(({ id }) => id !== 'udp-blocked,udp-blocked,broadband') },
      trials: run.trials.flatMap((trial) => {
        if (trial.cell.a === 'udp-blocked' && trial.cell.b === 'udp-blocked') return [];
        const blocked = trial.cell.a === 'udp-blocked' || trial.cell.b === 'udp-blocked';
        return [blocked ? { ...trial, outcome: 'unsupported' as const, plugin: null, path: null } : trial];
      }),
    });
    expect(groups[0]!.any.all).toMatchObject({ share: 1, trials: 16 });
    expect(groups[0]!.any.all!.tested).toBeCloseTo(0.81, 12);
    expect(groups[0]!.any.udp).toMatchObject({ tested: 1 });
  });
});

describe('every plugin alone', () => {
  const alone = made({
    mode: 'each',
    plugins: ['udp-punch', 'tcp-punch', 'turn-relay'],
    population: population({
      ...published,
      what: 'total',
      name: 'T',
      plugins: ['udp-punch', 'tcp-punch'],
      among: CLASSES,
      ppm: 0,
    }),
    // Between full cones each of the two connects half of the trials, and together three quarters.
    winner: (a, b, trial, only) => {
      if (only === 'turn-relay') return only;
      if (a !== 'full-cone' || b !== 'full-cone') return null;
      return (only === 'udp-punch' ? trial < 2 : trial % 2 === 0) ? only : null;
    },
  });

  it('credits each with what it connects, and a set of them with what any of them does', async () => {
    const { groups } = await summary(alone);
    const { any, byPlugin, comparisons } = groups[0]!;
    expect(any.all!.share).toBe(1);
    expect(byPlugin.map(({ all }) => Number(all!.share.toFixed(12)))).toEqual([0.18, 0.18, 1]);
    expect(comparisons[0]!.ours!.share).toBeCloseTo(0.36 * 0.75, 12);
    expect(comparisons[0]!.ours!.trials).toBe(36);
  });

  it('says what would be lost without each: what it alone connects, and what it alone connects directly', async () => {
    const { groups } = await summary(alone);
    const lost = groups[0]!.byPlugin.map(({ marginal }) => [marginal!.connected!.share, marginal!.direct!.share]);
    const rounded = lost.map((shares) => shares.map((share) => Number(share.toFixed(12))));
    // Of four trials between full cones udp-punch connects 0 and 1, tcp-punch 0 and 2; the relay connects everybody.
    expect(rounded).toEqual([
      [0, 0.09],
      [0, 0.09],
      [0.73, 0],
    ]);
    const race = await summary(made({ winner: cascade }));
    expect(race.groups[0]!.byPlugin.map(({ marginal }) => marginal)).toEqual([null, null]);
  });

  it('is the same from two shards', async () => {
    const whole = await summary(alone);
    const shards = [0, 1].map((index) => ({
      ...alone,
      trials: alone.trials.filter(({ trial }) => trial % 2 === index),
    }));
    expect((await summary(...shards)).groups).toEqual(whole.groups);
  });
});

describe('published figures', () => {
  const cells = ['full-cone', 'symmetric'].flatMap((a) => ['full-cone', 'symmetric'].map((b) => ({ a, b })));
  const matrix: PublishedFigure = {
    ...published,
    what: 'pair-matrix',
    name: 'a matrix',
    cells: cells.map(({ a, b }) => ({ a, b, ppm: punched(a, b) ? 800_000 : 50_000 })),
  };

  it('stand beside ours cell by cell, and as a mean by the same shares', async () => {
    const { groups } = await summary(made({ winner: cascade, population: population(matrix) }));
    const [{ theirs, ours, cells: compared }] = groups[0]!.comparisons as [(typeof groups)[0]['comparisons'][0]];
    expect(theirs).toBeCloseTo((0.72 * 0.8 + 0.09 * 0.05) / 0.81, 12);
    expect(ours!.share).toBeCloseTo(0.72 / 0.81, 12);
    expect(compared.map(({ a, b, connected, theory }) => [a, b, connected, theory])).toEqual([
      ['full-cone', 'full-cone', 4, 'possible'],
      ['full-cone', 'symmetric', 4, 'possible'],
      ['symmetric', 'full-cone', 4, 'possible'],
      ['symmetric', 'symmetric', 0, 'impossible'],
    ]);
    expect(compared.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
  });

  it('stand beside one of ours for each combination of the other axes', async () => {
    const { groups } = await summary(
      made({
        links: ['broadband', 'mobile'],
        population: population(matrix),
        winner: (a, b, trial, _, link) => (link === 'mobile' && trial === 0 ? null : cascade(a, b)),
      }),
    );
    expect(groups.map(({ title }) => title)).toEqual(['link: broadband', 'link: mobile']);
    const [one, other] = groups.map(({ comparisons }) => comparisons[0]!.ours!.share) as [number, number];
    expect(other / one).toBeCloseTo(0.75, 12);
    expect(groups[0]!.comparisons[0]!.account.join()).not.toContain('link:');
    expect(groups[1]!.comparisons[0]!.account.at(-1)).toBe(
      'With link: broadband ours is 22.2 points higher: what sets the two apart accounts for 22.2 points here.',
    );
  });

  it('survive run.json', () => {
    const { info } = made({ winner: cascade, population: population(matrix) });
    expect(parseRun(JSON.stringify(info)).population).toEqual(info.population);
  });

  it('of another population are refused', async () => {
    const runs = [made({ winner: cascade }), made({ winner: cascade, population: population(matrix) })];
    await expect(summary(...runs)).rejects.toThrow('has another population than');
  });
});

it('is nothing where the scenario has no population', async () => {
  const { info, trials } = made({ winner: cascade });
  const { population: _, ...rest } = info;
  expect(await summary({ info: rest, trials })).toBeNull();
});
