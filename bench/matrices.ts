import { loadEngine } from '../lab-cli/engine.ts';
import { loadScenario } from '../lab-cli/scenario/load-scenario.ts';
import { withoutPlugins } from '../lab-cli/scenario/without-plugins.ts';
import { type Prospect, prospectOf } from '../lab-cli/trial/prospect.ts';
import { vocabulary } from '../lab-cli/vocabulary.ts';
import { openRun } from '../reports/read-run.ts';
import { replayCommand } from '../reports/replay-command.ts';
import type { TrialResult } from '../reports/schema.ts';
import type { LinkModel } from '../simulator/index.ts';
import { type ExpectedCount, expectedCount } from './expected-count.ts';

/** Of the cases of one kind: pairs, or in mode `each` pairs and plugins. */
export interface KindTally {
  readonly cases: number;
  readonly trials: number;
  readonly connected: number;
}

/** A run beside what theory says of it. */
export interface MatrixVerdict {
  readonly dir: string;
  readonly name: string;
  /** Is no packet lost? Theory is sure of nothing where some are. */
  readonly lossless: boolean;
  readonly trials: number;
  readonly kinds: Readonly<Record<Prospect['kind'], KindTally>>;
  /** Of the cases that chance decides. */
  readonly expected: ExpectedCount;
  /**
   * The `lab replay` of each trial that ended against theory: impossible ones that connected, and on lossless lines certain
   * ones that failed.
   */
  readonly against: readonly string[];
}

interface Case {
  readonly prospect: Prospect;
  trials: number;
  connected: number;
}

/** Of what is possible on a lossless line, so much has to connect on any. */
const LOSSY_SHARE = 0.995;

const KINDS = ['certain', 'chance', 'open', 'impossible'] as const;

/** @param dir what `lab run` wrote @throws ReadRunError */
export async function judgeRun(dir: string): Promise<MatrixVerdict> {
  const { info, trials } = await openRun(dir);
  const { knownPlugins } = await loadEngine();
  const whole = loadScenario(info.scenario, `${info.name}.yaml`, vocabulary(knownPlugins()));
  const scenario = withoutPlugins(whole, info.without ?? []);
  const lossless = scenario.cells.every(({ link }) => [link.up, link.down].every(isLossless));
  const cells = new Map(scenario.cells.map((cell) => [keyOf(cell.axes), cell]));
  const cases = new Map<string, Case>();
  const against: string[] = [];
  for await (const line of trials()) {
    if (line.kind !== 'trial') continue;
    const { trial } = line;
    const cell = cells.get(keyOf(trial.cell))!;
    const key = `${cell.id} ${trial.only ?? ''}`;
    const one = cases.get(key) ?? { prospect: prospectOf(scenario, cell, trial.only), trials: 0, connected: 0 };
    cases.set(key, one);
    one.trials++;
    if (trial.outcome === 'connected') one.connected++;
    if (isAgainst(one.prospect, trial, lossless)) against.push(replayCommand({ ...trial, dir, cell: cell.id }));
  }
  return { dir, name: info.name, lossless, against, ...tallies([...cases.values()]) };
}

function keyOf(axes: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(axes).sort());
}

function isLossless({ lossPpm, burstLoss, timedLoss, exactLoss }: LinkModel): boolean {
  return !lossPpm && !burstLoss && !timedLoss && !exactLoss;
}

function isAgainst({ kind }: Prospect, { outcome }: TrialResult, lossless: boolean): boolean {
  if (outcome === 'connected') return kind === 'impossible';
  return kind === 'certain' && lossless;
}

function tallies(cases: readonly Case[]): Pick<MatrixVerdict, 'trials' | 'kinds' | 'expected'> {
  const tally = (kind: Prospect['kind']): KindTally => {
    const own = cases.filter(({ prospect }) => prospect.kind === kind);
    return {
      cases: own.length,
      trials: sum(own.map((one) => one.trials)),
      connected: sum(own.map((one) => one.connected)),
    };
  };
  const chances = cases.flatMap(({ prospect, trials }) =>
    prospect.kind === 'chance' ? Array.from({ length: trials }, () => prospect.chance) : [],
  );
  return {
    trials: sum(cases.map(({ trials }) => trials)),
    kinds: Object.fromEntries(KINDS.map((kind) => [kind, tally(kind)])) as MatrixVerdict['kinds'],
    expected: expectedCount(chances),
  };
}

/** Are as many connected as theory has it: of those that chance decides, and on lossy lines of all that can be? */
export function isAsExpected(verdict: MatrixVerdict): boolean {
  const { chance } = verdict.kinds;
  const { low, high } = verdict.expected;
  return verdict.lossless
    ? chance.connected >= low && chance.connected <= high
    : shareOfPossible(verdict) >= LOSSY_SHARE;
}

/** @returns 0 to 1, of the trials that are certain on a lossless line, and of those that chance decides */
export function shareOfPossible({ kinds: { certain, chance } }: Pick<MatrixVerdict, 'kinds'>): number {
  const trials = certain.trials + chance.trials;
  return trials === 0 ? 1 : (certain.connected + chance.connected) / trials;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
