import type { CellSummary, TrialDetail } from './aggregate-types.ts';
import type { RunCell, TrialResult } from './schema.ts';
import { Sample, spread } from './statistics.ts';
import { type Ending, TallyBuilder } from './tally.ts';

/** How many trials of a cell (in mode `each`: and plugin) are kept with all their details. */
export interface DetailLimits {
  readonly connected: number;
  readonly failed: number;
}

/** Sums up the trials of one cell. */
export class CellBuilder {
  readonly #cell: RunCell;
  readonly #plugins: readonly string[];
  readonly #limits: DetailLimits;
  readonly #total: TallyBuilder;
  readonly #headline = new TallyBuilder();
  /** In mode `each`: the best ending of each trial so far, by run and trial number. */
  readonly #best = new Map<string, Ending>();
  readonly #byPlugin = new Map<string, TallyBuilder>();
  readonly #cost = { packets: new Sample(), bytes: new Sample(), signals: new Sample(), mappings: new Sample() };
  readonly #details = new Map<string, TrialDetail[]>();
  readonly #left = { connected: 0, failed: 0 };
  readonly #possible = new Set<string>();
  readonly #why = new Set<string>();

  /** @param total gets what the cell's own tally gets */
  constructor(cell: RunCell, plugins: readonly string[], limits: DetailLimits, total: TallyBuilder) {
    this.#cell = cell;
    this.#plugins = plugins;
    this.#limits = limits;
    this.#total = total;
  }

  add(dir: string, trial: TrialResult, ending: Ending): void {
    if (trial.only === null) this.#ended(ending);
    else this.#alone(`${trial.trial} ${dir}`, trial.only, ending);
    this.#cost.packets.add(trial.cost.packets);
    this.#cost.bytes.add(trial.cost.bytes);
    this.#cost.signals.add(trial.cost.signals);
    if (trial.cost.mappings !== null) this.#cost.mappings.add(trial.cost.mappings);
    if (trial.outcome !== 'crashed' && trial.oracle) this.#theory(trial.oracle);
    this.#keep(dir, trial);
  }

  /** Call it once. */
  finish(): CellSummary {
    for (const ending of this.#best.values()) this.#ended(ending);
    const alone = this.#plugins.filter((plugin) => this.#byPlugin.has(plugin));
    const { packets, bytes, signals, mappings } = this.#cost;
    return {
      id: this.#cell.id,
      axes: new Map(Object.entries(this.#cell.axes)),
      tally: this.#headline.finish(),
      plugins: alone.map((plugin) => ({ plugin, tally: this.#byPlugin.get(plugin)!.finish() })),
      cost: {
        packets: spread(packets),
        bytes: spread(bytes),
        signals: spread(signals),
        mappings: spread(mappings),
      },
      oracle: {
        possible: this.#plugins.filter((plugin) => this.#possible.has(plugin)),
        why: [...this.#why],
      },
      trials: [...this.#details.values()].flat(),
      leftOut: this.#left,
    };
  }

  #ended(ending: Ending): void {
    this.#headline.add(ending);
    this.#total.add(ending);
  }

  #theory({ possible, why }: NonNullable<TrialResult['oracle']>): void {
    for (const plugin of possible) this.#possible.add(plugin);
    if (this.#why.size < MAX_REASONS) this.#why.add(why);
  }

  #alone(key: string, plugin: string, ending: Ending): void {
    const best = this.#best.get(key);
    this.#best.set(key, best ? together(best, ending) : ending);
    const tally = this.#byPlugin.get(plugin) ?? new TallyBuilder();
    this.#byPlugin.set(plugin, tally);
    tally.add(ending);
  }

  #keep(dir: string, trial: TrialResult): void {
    const kind = trial.outcome === 'connected' ? 'connected' : 'failed';
    const kept = this.#details.get(trial.only ?? '') ?? [];
    this.#details.set(trial.only ?? '', kept);
    const same = kept.filter(({ outcome }) => (outcome === 'connected') === (kind === 'connected')).length;
    if (same < this.#limits[kind]) kept.push(detail(dir, trial));
    else this.#left[kind]++;
  }
}

/** In mode `each` the oracle may say something else for each plugin. */
const MAX_REASONS = 50;

/** The later, the more it needs a look. */
const SEVERITY = ['unsupported', 'not-connected', 'deadline', 'lost', 'limit', 'stalled', 'crashed'] as const;

/** Two plugins, each alone in the same trial: a connection beats none, direct beats relayed, fast beats slow. */
function together(left: Ending, right: Ending): Ending {
  const [best] = [left, right].sort(byMerit);
  const possible = left.possible && right.possible && [...new Set([...left.possible, ...right.possible])];
  return { ...best!, possible, ran: [...left.ran, ...right.ran] };
}

function byMerit(left: Ending, right: Ending): number {
  const connected = (ending: Ending) => (ending.outcome === 'connected' ? 0 : 1);
  const relayed = (ending: Ending) => (ending.path === 'relayed' ? 1 : 0);
  const severity = ({ outcome }: Ending) => (outcome === 'connected' ? 0 : SEVERITY.indexOf(outcome));
  return (
    connected(left) - connected(right) ||
    relayed(left) - relayed(right) ||
    severity(right) - severity(left) ||
    (left.connectMs ?? 0) - (right.connectMs ?? 0)
  );
}

function detail(dir: string, trial: TrialResult): TrialDetail {
  const { only, outcome, plugin, transport, path, connectMs, attempts, cost } = trial;
  const drops = Object.entries(trial.drops).map(([name, count]) => ({ name, count }));
  drops.sort((left, right) => right.count - left.count);
  return {
    dir,
    // As its own run calls it.
    cell: Object.values(trial.cell).join(),
    trial: trial.trial,
    only,
    outcome,
    plugin,
    transport,
    path,
    connectMs,
    packets: cost.packets,
    attempts,
    drops,
    error: trial.error ?? null,
  };
}
