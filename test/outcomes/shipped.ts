import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { changeScenario, type ScenarioChanges } from '../../lab-cli/scenario/change-scenario.ts';
import { loadScenario } from '../../lab-cli/scenario/load-scenario.ts';
import { trialSeed } from '../../lab-cli/scenario/trial-seed.ts';
import type { Cell, PluginSpec, ResolvedScenario } from '../../lab-cli/scenario/types.ts';
import { knownPlugins, runTrial } from '../../lab-cli/trial/run-trial.ts';
import { vocabulary } from '../../lab-cli/vocabulary.ts';
import type { TrialResult } from '../../reports/schema.ts';

/** A scenario that comes with the lab. */
export function shipped(name: string): ResolvedScenario {
  return shippedAs(name, {});
}

/** The same, run otherwise than it says. */
export function shippedAs(name: string, changes: ScenarioChanges): ResolvedScenario {
  const file = fileURLToPath(new URL(`../../scenarios/${name}.yaml`, import.meta.url));
  const words = vocabulary(knownPlugins());
  return loadScenario(changeScenario(readFileSync(file, 'utf8'), changes, words), file, words);
}

/** The same with other options for its plugins. */
export function withOptions(scenario: ResolvedScenario, options: PluginSpec['options']): ResolvedScenario {
  const plugins = scenario.plugins.map((plugin) => ({ ...plugin, options: { ...plugin.options, ...options } }));
  return { ...scenario, plugins };
}

export interface Ran {
  readonly cell: Cell;
  readonly result: TrialResult;
  readonly connected: boolean;
  /** What `lab replay` prints of it. */
  readonly timeline: readonly string[];
}

export interface RunOptions {
  /** Of each cell, the first ones. @default 1 */
  readonly trials?: number;
  /** Ids of cells. @default all */
  readonly cells?: (cell: Cell) => boolean;
  /** @default false */
  readonly timeline?: boolean;
}

/** What `lab run` would find in the first trials of a scenario's cells, in their order. */
export async function run(scenario: ResolvedScenario, options: RunOptions = {}): Promise<Ran[]> {
  const { trials = 1, cells = () => true, timeline = false } = options;
  const all: Ran[] = [];
  for (const cell of scenario.cells.filter(cells)) {
    for (let trial = 0; trial < trials; trial++) {
      const lines: string[] = [];
      const seed = trialSeed(scenario.seed, cell.id, trial);
      const watch = timeline ? { timeline: (line: string) => void lines.push(line) } : undefined;
      const result = await runTrial({ scenario, cell, trial, only: null, seed }, watch);
      if (!['connected', 'not-connected', 'deadline'].includes(result.outcome)) {
        throw new Error(`${scenario.name}#${cell.id}/${trial}: ${result.outcome} ${result.error ?? ''}`);
      }
      all.push({ cell, result, connected: result.outcome === 'connected', timeline: lines });
    }
  }
  return all;
}

/** The first trial of one cell, with its timeline. */
export async function replay(scenario: ResolvedScenario, id: string): Promise<Ran> {
  const [ran] = await run(scenario, { cells: (cell) => cell.id === id, timeline: true });
  if (!ran) throw new Error(`${scenario.name} has no cell ${id}`);
  return ran;
}
