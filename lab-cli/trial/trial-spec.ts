import { nearestWord } from '../scenario/nearest.ts';
import { InputError } from '../scenario/problem.ts';
import { cellOf } from '../scenario/select-cells.ts';
import { choice } from '../scenario/shapes.ts';
import { trialSeed } from '../scenario/trial-seed.ts';
import type { Cell, ResolvedScenario } from '../scenario/types.ts';

/** All that decides a trial: the same spec gives the same result, byte for byte. */
export interface TrialSpec {
  readonly scenario: ResolvedScenario;
  readonly cell: Cell;
  /** 0 to `scenario.trials` - 1. */
  readonly trial: number;
  /** In mode `each`: the plugin that runs alone. */
  readonly only: string | null;
  /** 16 hexadecimal digits. The same for every plugin of a trial, so that they meet the same network. */
  readonly seed: string;
}

/** One of a scenario's trials, by name. */
export interface TrialName {
  /** The cell's id. */
  readonly cell: string;
  readonly trial: number;
  /** In mode `each`: the plugin that runs alone. */
  readonly plugin: string | undefined;
}

/** @throws InputError if the scenario has no such trial */
export function trialSpec(scenario: ResolvedScenario, { cell: id, trial, plugin }: TrialName): TrialSpec {
  const cell = cellOf(scenario, id);
  if (!Number.isSafeInteger(trial) || trial < 0 || trial >= scenario.trials) {
    throw new InputError(`cell ${id} has no trial ${trial}, only 0 to ${scenario.trials - 1}`);
  }
  const names = scenario.plugins.map(({ name }) => name);
  if (scenario.mode === 'race' && plugin !== undefined) {
    throw new InputError(`in mode race all plugins run at once: leave out "${plugin}"`);
  }
  if (scenario.mode === 'each' && (plugin === undefined || !names.includes(plugin))) {
    const nearest = nearestWord(plugin ?? '', names);
    const found = plugin === undefined ? 'the plugin is missing' : `no plugin "${plugin}" took part`;
    const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
    throw new InputError(`${found}: in mode each a trial is of one plugin, expected ${choice(names)}${hint}`);
  }
  return { scenario, cell, trial, only: plugin ?? null, seed: trialSeed(scenario.seed, cell.id, trial) };
}
