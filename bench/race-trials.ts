import { readFileSync } from 'node:fs';
import { bestRate, type Row } from './row.ts';

/** Many: it takes more than a thousand trials until everything is compiled. */
const ROUNDS = 16;
const TRIALS_PER_CELL = 3;

/** Whole trials of the classic matrix, MQTT.js and aedes included, on one thread. */
export async function raceTrialRows(): Promise<Row[]> {
  // Late, as in the command: the libraries keep the timers that they find when they load.
  // As in a worker of the pool: the stacks of errors that are part of the game cost a tenth.
  Error.stackTraceLimit = 0;
  const { knownPlugins, runTrial } = await import('../lab-cli/trial/run-trial.ts');
  const { loadScenario } = await import('../lab-cli/scenario/load-scenario.ts');
  const { vocabulary } = await import('../lab-cli/vocabulary.ts');
  const { trialSeed } = await import('../lab-cli/scenario/trial-seed.ts');
  const file = new URL('../../scenarios/classic.yaml', import.meta.url);
  const scenario = loadScenario(readFileSync(file, 'utf8'), file.pathname, vocabulary(knownPlugins()));
  let next = 0;
  const round = async () => {
    let trials = 0;
    for (let count = 0; count < TRIALS_PER_CELL; count++) {
      const trial = next++;
      for (const cell of scenario.cells) {
        const seed = trialSeed(scenario.seed, cell.id, trial);
        const { outcome } = await runTrial({ scenario, cell, trial, only: null, seed });
        if (outcome !== 'connected') throw new Error(`${cell.id}: ${outcome}`);
        trials++;
      }
    }
    return trials;
  };
  return [
    { name: 'race trials of the classic matrix, one core', unit: 'trials/s', value: await bestRate(ROUNDS, round) },
  ];
}
