import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aggregateRuns } from './aggregate.ts';
import type { Aggregate } from './aggregate-types.ts';
import type { TrialResult } from './schema.ts';
import { wilson } from './statistics.ts';
import { type SampleRun, sampleRun, writeSampleRun } from './testdata/sample-run.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'punchlab-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function aggregate(...runs: readonly SampleRun[]): Promise<Aggregate> {
  const dirs = await Promise.all(
    runs.map(async (run, index) => {
      const dir = join(root, `run-${index}`);
      await writeSampleRun(dir, run);
      return dir;
    }),
  );
  return aggregateRuns(dirs);
}

/** One cell, with hand-written endings. */
function handMade(endings: readonly Partial<TrialResult>[], mode: 'race' | 'each' = 'race'): SampleRun {
  const { info, trials } = sampleRun({ mode, trials: 1 });
  const base: TrialResult = {
    ...trials[0]!,
    outcome: 'not-connected',
    plugin: null,
    transport: null,
    path: null,
    connectMs: null,
    attempts: [],
    drops: {},
    oracle: { possible: ['udp-punch', 'turn-relay'], why: 'because' },
  };
  const made = endings.map((ending, trial) => ({ ...base, trial, seed: `${trial}`, ...ending }));
  return { info: { ...info, cells: [info.cells[0]!] }, trials: made };
}

/** With one that the oracle has no rule for. */
function withPlugin(plugin: string, { info, trials }: SampleRun): SampleRun {
  return { info: { ...info, plugins: [...info.plugins, plugin] }, trials };
}

function won(plugin: string, connectMs: number): Partial<TrialResult> {
  return { outcome: 'connected', plugin, connectMs, path: plugin === 'turn-relay' ? 'relayed' : 'direct' };
}

describe('one cell of a race', () => {
  it('counts what happened against what theory allows', async () => {
    const { cells, totals } = await aggregate(
      handMade([
        won('udp-punch', 300),
        won('udp-punch', 100),
        won('turn-relay', 900),
        won('tcp-punch', 200),
        { outcome: 'deadline' },
        { outcome: 'not-connected', oracle: { possible: ['random-probe'], why: 'luck' } },
        { outcome: 'unsupported' },
      ]),
    );
    const { tally } = cells[0]!;
    expect(tally).toMatchObject({ trials: 6, unsupported: 1, connected: 4, relayed: 1, missed: 2, unexpected: 1 });
    expect(tally.interval).toEqual(wilson(4, 6));
    expect(tally.winners).toEqual([
      { plugin: 'udp-punch', path: 'direct', trials: 2 },
      { plugin: 'tcp-punch', path: 'direct', trials: 1 },
      { plugin: 'turn-relay', path: 'relayed', trials: 1 },
    ]);
    expect(tally.connectMs).toMatchObject({ count: 4, median: 200, p95: 900 });
    expect(Object.fromEntries(tally.outcomes)).toEqual({
      connected: 4,
      deadline: 1,
      'not-connected': 1,
      unsupported: 1,
    });
    expect(totals).toEqual(tally);
  });

  it('calls nothing impossible while a plugin without a rule had its chance', async () => {
    const none = { oracle: { possible: [], why: 'no way' } };
    const unjudged = await aggregate(withPlugin('of-my-own', handMade([none])));
    expect(unjudged.cells[0]!.tally).toMatchObject({ trials: 1, impossible: 0, missed: 0 });
    const judged = await aggregate(handMade([none]));
    expect(judged.cells[0]!.tally).toMatchObject({ trials: 1, impossible: 1, missed: 0 });
  });

  it('does not call a connection unexpected if the oracle has no rule for its plugin', async () => {
    const { totals } = await aggregate(withPlugin('of-my-own', handMade([won('of-my-own', 2_000)])));
    expect(totals).toMatchObject({ connected: 1, unexpected: 0 });
  });

  it('does not blame theory or plugins for a defect of the lab', async () => {
    const crashed = { outcome: 'crashed', oracle: { possible: [], why: 'not asked' }, error: 'oops' } as const;
    const { cells } = await aggregate(handMade([crashed, { outcome: 'stalled' }]));
    expect(cells[0]!.tally).toMatchObject({ trials: 2, connected: 0, missed: 0, impossible: 0 });
    expect(cells[0]!.oracle.why).toEqual(['because']);
    expect(cells[0]!.trials[0]!.error).toBe('oops');
  });

  it('sums up costs, drops and why attempts failed', async () => {
    const attempt = { plugin: 'udp-punch', outcome: 'failed', reason: 'silence', ms: 10, packets: 3 } as const;
    const cost = { packets: 10, bytes: 700, signals: 6, mappings: 2 };
    const { cells, drops, byPlugin } = await aggregate(
      handMade([
        { attempts: [attempt], cost, drops: { 'no mapping': 2, filter: 3 } },
        { attempts: [{ ...attempt, packets: 5 }], cost: { ...cost, packets: 30 }, drops: { 'no mapping': 4 } },
        { attempts: [{ ...attempt, outcome: 'not-applicable', reason: 'no STUN', packets: 0 }], cost },
      ]),
    );
    expect(cells[0]!.cost.packets).toMatchObject({ count: 3, median: 10, p95: 30 });
    expect(cells[0]!.cost.signals).toMatchObject({ median: 6 });
    expect(drops).toEqual([
      { name: 'no mapping', count: 6 },
      { name: 'filter', count: 3 },
    ]);
    const udpPunch = byPlugin.find(({ plugin }) => plugin === 'udp-punch')!;
    expect(Object.fromEntries(udpPunch.attempts)).toEqual({ failed: 2, 'not-applicable': 1 });
    expect(udpPunch.packets).toMatchObject({ count: 2, p95: 5 });
    expect(udpPunch.reasons).toEqual([
      { name: 'silence', count: 2 },
      { name: 'no STUN', count: 1 },
    ]);
  });
});

it('counts reasons that differ in endpoints and numbers only as one', async () => {
  const attempt = { plugin: 'udp-punch', outcome: 'failed', ms: 1, packets: 1 } as const;
  const reasons = ['203.0.113.1:5000: refused 3 times', '[2001:db8::1]:70: refused 12 times', 'refused3'];
  const { byPlugin } = await aggregate(handMade([{ attempts: reasons.map((reason) => ({ ...attempt, reason })) }]));
  expect(byPlugin.find(({ plugin }) => plugin === 'udp-punch')!.reasons).toEqual([
    { name: 'HOST: refused N times', count: 2 },
    { name: 'refused3', count: 1 },
  ]);
});

describe('one cell with each plugin alone', () => {
  const alone = (trial: number, only: string, ending: Partial<TrialResult> = {}): Partial<TrialResult> => ({
    mode: 'each',
    trial,
    only,
    seed: `${trial}`,
    ...ending,
  });

  it('takes the best plugin of a trial for its winner: direct before relayed, then the fastest', async () => {
    const { cells } = await aggregate(
      handMade(
        [
          alone(0, 'turn-relay', won('turn-relay', 100)),
          alone(0, 'udp-punch', won('udp-punch', 400)),
          alone(0, 'tcp-punch', won('tcp-punch', 300)),
          alone(1, 'turn-relay', won('turn-relay', 100)),
          alone(1, 'udp-punch'),
          alone(1, 'tcp-punch'),
          alone(2, 'turn-relay', { outcome: 'crashed' }),
          alone(2, 'udp-punch'),
          alone(2, 'tcp-punch'),
        ],
        'each',
      ),
    );
    const { tally, plugins } = cells[0]!;
    expect(tally).toMatchObject({ trials: 3, connected: 2, relayed: 1, missed: 0 });
    expect(tally.winners.map(({ plugin }) => plugin)).toEqual(['tcp-punch', 'turn-relay']);
    expect(tally.outcomes.get('crashed')).toBe(1);
    expect(plugins.map(({ plugin }) => plugin)).toEqual(['tcp-punch', 'udp-punch', 'turn-relay']);
    const [tcpPunch, udpPunch, turnRelay] = plugins.map((one) => one.tally);
    expect(tcpPunch).toMatchObject({ trials: 3, connected: 1, unexpected: 1, impossible: 2, missed: 0 });
    expect(udpPunch).toMatchObject({ trials: 3, connected: 1, unexpected: 0, impossible: 0, missed: 2 });
    expect(turnRelay).toMatchObject({ trials: 3, connected: 2, relayed: 2, missed: 0 });
  });
});

describe('a whole run', () => {
  it('agrees with counting the results by hand', async () => {
    const run = sampleRun({ mode: 'race', trials: 20, links: ['broadband', 'mobile'] });
    const { axes, cells, totals, byPlugin } = await aggregate(run);
    expect(axes.map(({ name, values }) => [name, values.length])).toEqual([
      ['a', 6],
      ['b', 6],
      ['link', 2],
    ]);
    expect(cells.map(({ id }) => id)).toEqual(run.info.cells.map(({ id }) => id));
    const connected = run.trials.filter(({ outcome }) => outcome === 'connected');
    expect(totals).toMatchObject({ trials: run.trials.length, connected: connected.length });
    const sum = (pick: (cell: (typeof cells)[number]) => number) => cells.map(pick).reduce((a, b) => a + b, 0);
    expect(sum(({ tally }) => tally.connected)).toBe(connected.length);
    expect(sum(({ trials, leftOut }) => trials.length + leftOut.connected + leftOut.failed)).toBe(run.trials.length);
    for (const { plugin, tally } of byPlugin) {
      expect(tally.connected).toBe(connected.filter((trial) => trial.plugin === plugin).length);
    }
  });

  it('keeps every failure of an ordinary run, and the first of its connections', async () => {
    const run = sampleRun({ mode: 'race', trials: 40 });
    const { cells } = await aggregate(run);
    const failed = run.trials.filter(({ outcome }) => outcome !== 'connected');
    const kept = cells.flatMap(({ trials }) => trials);
    expect(kept.filter(({ outcome }) => outcome !== 'connected')).toHaveLength(failed.length);
    for (const cell of cells) {
      const connected = cell.trials.filter(({ outcome }) => outcome === 'connected');
      expect(connected.length).toBe(Math.min(10, cell.tally.connected));
      expect(cell.leftOut).toEqual({ connected: cell.tally.connected - connected.length, failed: 0 });
    }
  });

  it('bounds the details of a big run and says what it left out', async () => {
    const { cells } = await aggregate(handMade(Array.from({ length: 700 }, () => ({}))));
    expect(cells[0]!.trials).toHaveLength(500);
    expect(cells[0]!.leftOut).toEqual({ connected: 0, failed: 200 });
  });
});

describe('several runs', () => {
  it('sum up to the unsharded run', async () => {
    const whole = await aggregate(sampleRun({ mode: 'each', trials: 6 }));
    const shards = [0, 1, 2].map((index) => sampleRun({ mode: 'each', trials: 6, shard: { index, of: 3 } }));
    const merged = await aggregate(...shards);
    expect(merged.cells.map(({ tally }) => tally)).toEqual(whole.cells.map(({ tally }) => tally));
    expect(merged.byPlugin).toEqual(whole.byPlugin);
    expect(merged.warnings).toEqual([]);
    expect(merged.runs.map(({ lines }) => lines)).toEqual([432, 432, 432]);
    const dirs = new Set(merged.cells.flatMap(({ trials }) => trials.map(({ dir }) => dir)));
    expect([...dirs]).toEqual([0, 1, 2].map((index) => join(root, `run-${index}`)));
  });

  it('with other seeds add to the sample, and say so', async () => {
    const runs = [7, 8].map((seed) => sampleRun({ mode: 'race', trials: 3, seed }));
    const merged = await aggregate(...runs);
    expect(merged.totals.trials).toBe(2 * 3 * 36);
    expect(merged.warnings).toEqual(['Runs with different seeds are merged: 7; 8.']);
  });

  it('with other names, versions, plugins and scenario files are marked', async () => {
    const run = sampleRun({ mode: 'race', trials: 1 });
    const other: SampleRun = {
      ...run,
      info: { ...run.info, name: 'other', versions: { punchlab: '0.2.0' }, plugins: ['x'], scenario: 'y' },
    };
    const merged = await aggregate(run, { ...other, trials: [] });
    expect(merged.name).toBe('classic + other');
    expect(merged.warnings.map((warning) => warning.slice(0, 36))).toEqual([
      'Runs with different names are merged',
      'Runs with different plugins are merg',
      'Runs with different versions are mer',
      'The scenario files of the runs diffe',
    ]);
  });

  it('count a result that several of them hold once', async () => {
    const run = sampleRun({ mode: 'race', trials: 2 });
    const merged = await aggregate(run, run);
    expect(merged.totals.trials).toBe(72);
    expect(merged.warnings).toEqual(['72 results are in more than one of the runs and are counted once.']);
  });

  it('are refused where their numbers would not mean the same', async () => {
    const race = sampleRun({ mode: 'race', trials: 1 });
    await expect(aggregate(race, sampleRun({ mode: 'each', trials: 1 }))).rejects.toThrow(
      /run-1: has mode each, but .*run-0 has race/,
    );
    const { info } = race;
    const noLink = info.cells.map(({ id, axes: { a, b } }) => ({ id, axes: { a: a!, b: b! } }));
    await expect(aggregate(race, { ...race, info: { ...info, cells: noLink } })).rejects.toThrow(/has the axes a, b,/);
    const nats = { ...info.nats, symmetric: { summary: '', behaviour: { mapping: 'other' } } };
    await expect(aggregate(race, { ...race, info: { ...info, nats } })).rejects.toThrow(
      /NAT symmetric behaves otherwise/,
    );
    const dir = join(root, 'run-0');
    await expect(aggregateRuns([dir, dir])).rejects.toThrow(/given twice/);
    await expect(aggregateRuns([])).rejects.toThrow('no run to report');
  });
});

describe('what a reader must know', () => {
  it('an interrupted run, and a line that broke off', async () => {
    const run = sampleRun({ mode: 'race', trials: 1 });
    const dir = join(root, 'run');
    await writeSampleRun(dir, { ...run, info: { ...run.info, interrupted: true } });
    await appendFile(join(dir, 'results.jsonl'), '{"schema":1,"cell"');
    const { warnings, totals } = await aggregateRuns([dir]);
    expect(warnings).toEqual([
      `${dir} was interrupted: it holds 36 results.`,
      `The last line of ${dir} (line 37) broke off and is not counted.`,
    ]);
    expect(totals.trials).toBe(36);
  });

  it('a line about what the run does not have is an error with its place', async () => {
    const run = handMade([{}, { cell: { a: 'open', b: 'nowhere', link: 'broadband' } }]);
    await expect(aggregate(run)).rejects.toThrow(/run-0\/results\.jsonl:2: cell .*nowhere.* is not in run\.json/);
    await expect(aggregate(handMade([won('telepathy', 1)]))).rejects.toThrow(
      /:1: plugin "telepathy" is not in run\.json/,
    );
    await expect(aggregate(handMade([{ mode: 'each', only: 'udp-punch' }]))).rejects.toThrow(/:1: is not of mode race/);
  });
});
