import {
  type NatLegend,
  type Outcome,
  type PluginFile,
  RESULT_SCHEMA,
  type RunExpectation,
  type RunInfo,
} from '../../reports/schema.ts';
import { packageJson } from '../package-root.ts';
import { writeNat } from '../scenario/nat-shape.ts';
import type { ResolvedScenario } from '../scenario/types.ts';
import type { RunWorld } from './run-world.ts';

/** What happened in a run, besides its results. */
export interface RunOutcome {
  readonly interrupted: boolean;
  readonly outcomes: ReadonlyMap<Outcome, number>;
  readonly expectations: readonly RunExpectation[];
  readonly startedAt: Date;
  readonly wallMs: number;
  readonly workers: number;
  readonly pluginFiles?: readonly PluginFile[];
  /** Plugins of the scenario that took no part. */
  readonly without?: readonly string[];
}

const SIMULATED = { name: 'sim', versions: {} } as const;

/**
 * @param yaml the scenario file, word for word
 * @param world where it ran @default the simulator
 */
export function runInfo(
  scenario: ResolvedScenario,
  yaml: string,
  outcome: RunOutcome,
  world: Pick<RunWorld, 'name' | 'versions'> = SIMULATED,
): RunInfo {
  const { name, seed, mode, trials, plugins, cells, population } = scenario;
  const lines = [...outcome.outcomes.values()].reduce((sum, count) => sum + count, 0);
  return {
    schema: RESULT_SCHEMA,
    name,
    seed,
    mode,
    trials,
    plugins: plugins.map((plugin) => plugin.name),
    ...(outcome.pluginFiles?.length && { pluginFiles: outcome.pluginFiles }),
    ...(outcome.without?.length && { without: outcome.without }),
    cells: cells.map(({ id, axes }) => ({ id, axes })),
    nats: legend(scenario),
    ...(population && { population }),
    scenario: yaml,
    world: world.name,
    versions: { ...versions(), ...world.versions },
    interrupted: outcome.interrupted,
    totals: { trials: lines, outcomes: Object.fromEntries([...outcome.outcomes].sort(([a], [b]) => (a < b ? -1 : 1))) },
    expectations: outcome.expectations,
    startedAt: outcome.startedAt.toISOString(),
    wallMs: Math.round(outcome.wallMs),
    workers: outcome.workers,
  };
}

/** Every NAT that stands before a peer in some cell. */
function legend({ cells }: ResolvedScenario): Record<string, NatLegend> {
  const nats = new Map(cells.flatMap(({ a, b }) => [...a, ...b]).map((nat) => [nat.name, nat]));
  const entries = [...nats.values()].map(({ name, summary, behaviour }) => {
    return [name, { summary, behaviour: writeNat(behaviour) }] as const;
  });
  return Object.fromEntries(entries);
}

/** Of all that can change a result. */
export function versions(): Record<string, string> {
  const { version, dependencies } = packageJson();
  const { mqtt, aedes, '@noble/curves': curves } = dependencies;
  return { punchlab: version, node: process.versions.node, mqtt: mqtt!, aedes: aedes!, '@noble/curves': curves! };
}
