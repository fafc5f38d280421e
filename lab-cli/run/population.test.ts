import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { aggregateRuns } from '../../reports/aggregate.ts';
import type { PublishedFigure } from '../../reports/population/run-population.ts';
import { loadEngine } from '../engine.ts';
import { packageRoot } from '../package-root.ts';
import { Workload } from '../pool/workload.ts';
import { loadScenario } from '../scenario/load-scenario.ts';
import { selectCells } from '../scenario/select-cells.ts';
import type { ResolvedScenario } from '../scenario/types.ts';
import { vocabulary } from '../vocabulary.ts';
import { OutputDirectory } from './output-directory.ts';
import { resultLine } from './result-line.ts';
import { runInfo } from './run-info.ts';

const { knownPlugins, runTrial } = await loadEngine();
const words = vocabulary(knownPlugins());

/** Runs one trial of every cell, in this thread. */
async function run(scenario: ResolvedScenario): Promise<{ lines: string[]; dir: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'punchlab-'));
  const output = new OutputDirectory(dir);
  const work = new Workload(scenario);
  const lines: string[] = [];
  for (let index = 0; index < work.size; index++) lines.push(resultLine(await runTrial(work.at(index))));
  for (const line of lines) output.append(line);
  const outcome = { interrupted: false, expectations: [], startedAt: new Date(0), wallMs: 0, workers: 1 };
  output.commit(runInfo(scenario, '', { ...outcome, outcomes: new Map() }));
  return { lines, dir };
}

function shipped(file: string): string {
  return readFileSync(join(packageRoot(), file), 'utf8');
}

const yaml = shipped('scenarios/population-halkes.yaml');
const scenario = { ...selectCells(loadScenario(yaml, 'p.yaml', words), '*,broadband'), trials: 1 };

it('the population of Halkes and Pouwelse: the figures that the documentation gives, from real trials', async () => {
  const { dir } = await run(scenario);
  try {
    const { groups } = (await aggregateRuns([dir])).population!;
    const [{ any, comparisons }] = groups as [(typeof groups)[number]];
    // Theory: every pair but those in which a symmetric NAT meets one that filters by port, or another symmetric one.
    expect(any.all!.share).toBeCloseTo(0.777, 3);
    expect(any.udp!.share).toBeCloseTo(0.856, 3);
    const figures = comparisons.map(({ figure, theirs, ours }) => [figure.name, rounded(theirs), rounded(ours!.share)]);
    expect(figures).toEqual([
      ['Table 1, first attempt', 64.1, 85.6],
      ['Table 1, with retries', 71.5, 85.6],
      ['Abstract: more than 80%', 80, 100],
      ['DCUtR, punching stage', 70, 85.6],
    ]);
    const retries = comparisons[1]!;
    for (const { connected, trials, theory } of retries.cells) {
      expect([connected, trials]).toEqual([theory === 'possible' ? 1 : 0, 1]);
    }
    expect(retries.account.join(' ')).toContain('In the 85.6% of these pairs that theory connects, ours connect 100%');
    expect(comparisons[3]!.account.join(' ')).toContain('ours would be 71.2%, within the error of this figure');
  } finally {
    rmSync(dir, { recursive: true });
  }
});

function rounded(share: number): number {
  return Number((100 * share).toFixed(1));
}

it('no result depends on the population', async () => {
  const few = selectCells(scenario, 'symmetric,*');
  const { population: _, ...without } = few;
  const runs = [await run(few), await run(without)];
  try {
    const [one, other] = runs.map(({ lines }) => lines);
    expect(other).toEqual(one);
    expect(one).toHaveLength(5);
  } finally {
    for (const { dir } of runs) rmSync(dir, { recursive: true });
  }
});

it('both matrices are of the same pairs, and every cell of them is a pair of the population', () => {
  const { classes, published } = scenario.population!;
  const udp = classes.filter((one) => one.udp).map(({ name }) => name);
  const pairsOf = (figure: PublishedFigure) =>
    figure.what === 'pair-matrix' ? figure.cells.map(({ a, b }) => `${a} ${b}`).sort() : [];
  const pairs = udp.flatMap((a) => udp.map((b) => `${a} ${b}`)).sort();
  expect(pairsOf(published[0]!)).toEqual(pairs);
  expect(pairsOf(published[1]!)).toEqual(pairs);
});

it('the example of docs/populations.md can be read', () => {
  const [, example] = /```yaml\n([\s\S]*?)```/.exec(shipped('docs/populations.md'))!;
  const { population, cells } = loadScenario(example!, 'docs/populations.md', words);
  expect(cells).toHaveLength(25);
  expect(population).toMatchObject({ name: 'home', published: [{ name: 'DCUtR, punching stage', ppm: 700_000 }] });
});
