import { stringify } from 'yaml';
import type { RunCell, TrialResult } from '../../reports/schema.ts';
import { loadEngine } from '../engine.ts';
import { loadScenario } from '../scenario/load-scenario.ts';
import type { ResolvedScenario } from '../scenario/types.ts';
import { type Prospect, prospectOf } from '../trial/prospect.ts';
import { trialSpec } from '../trial/trial-spec.ts';
import { vocabulary } from '../vocabulary.ts';
import type { ScenarioData } from './scenario-data.ts';

export interface ScenarioOptions {
  /** Files with plugins of one's own, TypeScript or JavaScript. @default none */
  readonly plugins?: readonly string[];
  /** Names the scenario in error messages. @default 'scenario' */
  readonly file?: string;
}

export interface PlayOptions {
  /** 0 to the scenario's `trials` - 1: each has a seed of its own. @default 0 */
  readonly trial?: number;
  /** In mode `each`: the plugin that runs alone. In mode `race` there is none. @default none */
  readonly plugin?: string;
  /** Gets what `lab replay` prints, line by line: every packet, mapping and drop, with its reason. @default nobody */
  readonly timeline?: (line: string) => void;
}

/** A scenario that is ready to be played, trial by trial. */
export interface Scenario {
  readonly name: string;
  readonly cells: readonly RunCell[];
  /** Those that take part, by name. */
  readonly plugins: readonly string[];
  /**
   * What theory says of a cell, or in mode `each` of a plugin in it.
   *
   * @param cell its id, such as `full-cone,symmetric,broadband`
   * @throws InputError if there is no such cell or plugin
   */
  theory(cell: string, plugin?: string): Prospect;
  /**
   * Plays one trial, in a network of its own and in virtual time. The same scenario, cell, trial and plugin give the same
   * result, byte for byte. What goes wrong in a trial is its outcome.
   *
   * @param cell its id, such as `full-cone,symmetric,broadband`
   * @throws InputError if there is no such cell, trial or plugin
   */
  play(cell: string, options?: PlayOptions): Promise<TrialResult>;
}

/**
 * Opens a scenario, for tests and programs that play its trials themselves.
 *
 * Timers, clocks and randomness of the process follow a trial while one is played, and are the real ones otherwise: open the
 * first scenario before anything imports `mqtt` or `aedes`. Trials are played one at a time; a second one that is asked for
 * meanwhile waits.
 *
 * @param source the text of a scenario file, or the same as data
 * @throws InputError with every mistake in it, or if a plugin can't be loaded
 */
export async function openScenario(source: string | ScenarioData, options: ScenarioOptions = {}): Promise<Scenario> {
  const { plugins: files = [], file = 'scenario' } = options;
  const { knownPlugins, runTrial } = await loadEngine(files);
  const yaml =
    typeof source === 'string'
      ? source
      : stringify({ schema: 1, name: 'scenario', ...source }, { aliasDuplicateObjects: false });
  const scenario = loadScenario(yaml, file, vocabulary(knownPlugins()));
  return {
    name: scenario.name,
    cells: scenario.cells.map(({ id, axes }) => ({ id, axes })),
    plugins: scenario.plugins.map(({ name }) => name),
    theory: (cell, plugin) => theoryOf(scenario, cell, plugin),
    play: (cell, { trial = 0, plugin, timeline } = {}) => {
      const spec = trialSpec(scenario, { cell, trial, plugin });
      return inTurn(() => runTrial(spec, timeline && { timeline }));
    },
  };
}

function theoryOf(scenario: ResolvedScenario, id: string, plugin: string | undefined): Prospect {
  const { cell, only } = trialSpec(scenario, { cell: id, trial: 0, plugin });
  return prospectOf(scenario, cell, only);
}

let last: Promise<unknown> = Promise.resolve();

/** One world at a time has the process's timers. */
function inTurn<T>(play: () => Promise<T>): Promise<T> {
  const mine = last.then(play, play);
  last = mine;
  return mine;
}
