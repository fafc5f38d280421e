import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Outcome, RESULT_SCHEMA, type RunInfo, type TrialResult } from '../../reports/schema.ts';
import { versions } from '../run/run-info.ts';
import { InputError } from '../scenario/problem.ts';
import type { Anonymiser } from './anonymise.ts';
import { DirectoryLock } from './directory-lock.ts';
import { cellIdOf, type FieldAgent, type FieldPlan, findTrial, trialsOf } from './field-plan.ts';
import { Journal, JournalError } from './journal.ts';
import { Marks } from './marks.ts';
import { axesOf } from './trial-result.ts';

const JOURNALS = 'journal';
const MARKS = 'marks.json';
const LOCK = 'running.pid';

/**
 * What an agent keeps: `journal/AGENT.jsonl` of every agent, which nothing is ever taken from, and, made of them, the
 * `results.jsonl` and `run.json` that `lab report` reads.
 */
export class FieldDirectory {
  readonly path: string;
  readonly journals: ReadonlyMap<FieldAgent, Journal>;
  readonly marks: Marks;
  readonly #plan: FieldPlan;
  readonly #yaml: string;
  readonly #lock: DirectoryLock;

  /**
   * @param yaml the plan, word for word
   * @throws InputError if it can't be used, is in use, or holds another plan's results
   */
  constructor(path: string, plan: FieldPlan, yaml: string) {
    this.path = path;
    this.#plan = plan;
    this.#yaml = yaml;
    try {
      mkdirSync(join(path, JOURNALS), { recursive: true });
      this.#lock = new DirectoryLock(join(path, LOCK));
      this.marks = new Marks(join(path, JOURNALS, MARKS));
      this.journals = new Map(plan.agents.map((agent) => [agent, this.#journal(agent)]));
    } catch (error) {
      if (error instanceof InputError) throw error;
      if (error instanceof JournalError) throw new InputError(error.message);
      throw new InputError(`can't keep results in ${path}: ${(error as Error).message}`);
    }
  }

  /** Has this agent measured all that it had to? */
  isComplete(journal: Journal): boolean {
    const agent = this.#plan.agents.find(({ name }) => name === journal.rules.agent)!;
    return journal.header !== undefined && journal.records.size >= trialsOf(this.#plan, agent);
  }

  /** Results of all agents that are here. */
  get results(): number {
    return [...this.journals.values()].reduce((sum, { records }) => sum + records.size, 0);
  }

  /** Makes the directory a run, of what is in the journals now. */
  publish(anonymise: Anonymiser): void {
    const lines = this.#lines();
    replace(join(this.path, 'results.jsonl'), lines.map((line) => `${line}\n`).join(''));
    replace(join(this.path, 'run.json'), `${JSON.stringify(this.#info(anonymise), null, 2)}\n`);
  }

  close(): void {
    for (const journal of this.journals.values()) journal.close();
    this.#lock.release();
  }

  #journal(agent: FieldAgent): Journal {
    return new Journal(join(this.path, JOURNALS, `${agent.name}.jsonl`), {
      agent: agent.name,
      plan: this.#plan.kindDigest,
      check: (key, result) => wrongResult(this.#plan, agent, key, result),
    });
  }

  /** Pair by pair, each in the order of its trials: the same on every machine. */
  #lines(): string[] {
    return this.#plan.pairs.flatMap((pair) => {
      const cell = `${cellIdOf(pair)}/`;
      const records = [...this.journals.get(pair.dials)!.records];
      return records.flatMap(([key, { line }]) => (key.startsWith(cell) ? [line] : []));
    });
  }

  #info(anonymise: Anonymiser): RunInfo {
    const { name, mode, rounds, plugins, pairs } = this.#plan;
    const journals = [...this.journals.values()];
    const outcomes = new Map<Outcome, number>();
    for (const { records } of journals) {
      for (const { outcome } of records.values()) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    const times = journals.flatMap(({ header, records }) => [
      ...(header ? [Date.parse(header.startedAt)] : []),
      ...[...records.values()].map(({ atMs }) => atMs),
    ]);
    const [first, last] = [Math.min(...times), Math.max(...times)];
    return {
      schema: RESULT_SCHEMA,
      ...{ name, seed: 0, mode, trials: rounds },
      plugins: plugins.map((plugin) => plugin.name),
      cells: pairs.map((pair) => ({ id: cellIdOf(pair), axes: axesOf(pair) })),
      nats: {},
      world: 'field',
      scenario: anonymise(this.#yaml),
      versions: versions(),
      interrupted: !journals.every((journal) => this.isComplete(journal)),
      totals: {
        trials: this.results,
        outcomes: Object.fromEntries([...outcomes].sort(([a], [b]) => (a < b ? -1 : 1))),
      },
      expectations: [],
      startedAt: new Date(first).toISOString(),
      wallMs: last - first,
      workers: journals.length,
    };
  }
}

/** An agent may tell only of what it dialled itself. */
function wrongResult(plan: FieldPlan, agent: FieldAgent, key: string, result: TrialResult): string | undefined {
  // A run may have been longer before.
  const trial = findTrial({ ...plan, rounds: Number.MAX_SAFE_INTEGER }, key);
  if (!trial || trial.pair.dials !== agent) return `${agent.name} has no trial ${key}`;
  const { pair, round, only } = trial;
  const axes = axesOf(pair);
  const same = result.cell.a === axes.a && result.cell.b === axes.b && result.cell.link === axes.link;
  const names = [result.plugin, ...result.attempts.map(({ plugin }) => plugin)];
  const known = names.every((name) => name === null || plan.plugins.some((plugin) => plugin.name === name));
  const fits = same && known && result.trial === round && result.only === only && result.mode === plan.mode;
  return fits ? undefined : `this is no result of the trial ${key}`;
}

function replace(file: string, text: string): void {
  const partial = `${file}.partial`;
  writeFileSync(partial, text);
  renameSync(partial, file);
}
