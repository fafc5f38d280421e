import type { Run } from '../read-run.ts';
import type { TrialResult } from '../schema.ts';
import { Sample } from '../statistics.ts';

/** What a run says of one subject: a cell, and a plugin where they ran one by one. */
export class SubjectCount {
  readonly paths = new Map<string, number>();
  readonly connectMs = new Sample();
  /** Of the trials that say anything: not those that the world cannot express. */
  trials = 0;
  connected = 0;
  direct = 0;
  /** By oracle: may chance decide? */
  sometimes = false;
  unsupported: string | undefined;
  /** Trials that ended by a defect of the lab's own. */
  broken = 0;
  brokenBy = '';

  add(trial: TrialResult): void {
    if (trial.outcome === 'unsupported') {
      this.unsupported = trial.error ?? 'this world cannot express it';
      return;
    }
    this.trials++;
    if (trial.outcome === 'crashed' || trial.outcome === 'stalled' || trial.outcome === 'limit') {
      this.broken++;
      this.brokenBy ||= trial.error ?? trial.outcome;
    }
    this.sometimes ||= leavesChance(trial);
    if (trial.outcome !== 'connected') return;
    this.connected++;
    if (trial.path !== 'relayed') this.direct++;
    if (trial.path !== null) this.paths.set(trial.path, (this.paths.get(trial.path) ?? 0) + 1);
    if (trial.connectMs !== null) this.connectMs.add(trial.connectMs);
  }
}

export interface Collected {
  /** By cell id and plugin. */
  readonly subjects: ReadonlyMap<string, SubjectCount>;
  /** How often which name was found for which chain of NATs. */
  readonly inferred: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly trials: number;
}

/** @param plugin null in mode `race` */
export function subjectKey(cell: string, plugin: string | null): string {
  return JSON.stringify([cell, plugin]);
}

/** @throws ReadRunError at the first bad line */
export async function collectRun(run: Run): Promise<Collected> {
  const ids = new Map(run.info.cells.map(({ id, axes }) => [JSON.stringify(axes), id]));
  const subjects = new Map<string, SubjectCount>();
  const inferred = new Map<string, Map<string, number>>();
  let trials = 0;
  for await (const line of run.trials()) {
    if (line.kind === 'torn') continue;
    const { trial } = line;
    trials++;
    const key = subjectKey(ids.get(JSON.stringify(trial.cell)) ?? Object.values(trial.cell).join(','), trial.only);
    const subject = subjects.get(key) ?? new SubjectCount();
    subjects.set(key, subject);
    subject.add(trial);
    if (trial.outcome === 'unsupported' || trial.outcome === 'crashed') continue;
    for (const { declared, inferred: name } of [trial.nat.a, trial.nat.b]) {
      const names = inferred.get(declared) ?? new Map<string, number>();
      inferred.set(declared, names.set(name, (names.get(name) ?? 0) + 1));
    }
  }
  return { subjects, inferred, trials };
}

/** The oracle writes one sentence for each plugin: `PLUGIN always: …`. */
function leavesChance({ oracle, only }: TrialResult): boolean {
  if (!oracle) return true; // Nobody knows.
  const chances = [...oracle.why.matchAll(/(?:^|\. )([\w-]+) (?:sometimes|unknown): /g)].map(([, plugin]) => plugin);
  return only === null ? chances.length > 0 : chances.includes(only);
}
