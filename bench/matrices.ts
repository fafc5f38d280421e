import { loadEngine } from '../lab-cli/engine.ts';
import { loadScenario } from '../lab-cli/scenario/load-scenario.ts';
import { withoutPlugins } from '../lab-cli/scenario/without-plugins.ts';
import { vocabulary } from '../lab-cli/vocabulary.ts';
import { openRun } from '../reports/read-run.ts';
import { replayCommand } from '../reports/replay-command.ts';
import type { TrialResult } from '../reports/schema.ts';
import { type ExpectedCount, expectedCount, type Prospect, prospectOf } from './theory.ts';

/** Of the cases of one kind: pairs, or in mode `each` pairs and plugins. */
export interface KindTally {
  readonly cases: number;
  readonly trials: number;
  readonly connected: number;
}

/** A run beside what theory says of it. */
export interface MatrixVerdict {
  readonly name: string;
  readonly trials: number;
  readonly kinds: Readonly<Record<Prospect['kind'], KindTally>>;
  /** Of the cases that chance decides. */
  readonly expected: ExpectedCount;
  /** The `lab replay` of each trial that ended against theory: certain ones that failed, impossible ones that connected. */
  readonly against: readonly string[];
}

interface Case {
  readonly prospect: Prospect;
  trials: number;
  connected: number;
}

const KINDS = ['certain', 'chance', 'open', 'impossible'] as const;

/** @param dir what `lab run` wrote @throws ReadRunError */
export async function judgeRun(dir: string): Promise<MatrixVerdict> {
  const { info, trials } = await openRun(dir);
  const { knownPlugins } = await loadEngine();
  const whole = loadScenario(info.scenario, `${info.name}.yaml`, vocabulary(knownPlugins()));
  const scenario = withoutPlugins(whole, info.without ?? []);
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
    if (isAgainst(one.prospect, trial)) against.push(replayCommand({ ...trial, dir, cell: cell.id }));
  }
  return verdict(info.name, [...cases.values()], against);
}

function keyOf(axes: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(axes).sort());
}

function isAgainst({ kind }: Prospect, { outcome }: TrialResult): boolean {
  return kind === 'certain' ? outcome !== 'connected' : kind === 'impossible' && outcome === 'connected';
}

function verdict(name: string, cases: readonly Case[], against: readonly string[]): MatrixVerdict {
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
    name,
    trials: sum(cases.map(({ trials }) => trials)),
    kinds: Object.fromEntries(KINDS.map((kind) => [kind, tally(kind)])) as MatrixVerdict['kinds'],
    expected: expectedCount(chances),
    against,
  };
}

/** Are as many of those that chance decides connected as theory has it? */
export function isAsExpected({ kinds: { chance }, expected: { low, high } }: MatrixVerdict): boolean {
  return chance.connected >= low && chance.connected <= high;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
