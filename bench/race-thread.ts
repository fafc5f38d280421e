import { readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { installGlobals } from '../simulator/world/globals.ts';
import { bestRate } from './row.ts';

/** Many: it takes more than a thousand trials until everything is compiled. */
const ROUNDS = 16;
const TRIALS_PER_CELL = 3;

// Before the engine: the libraries keep the timers that they find when they load.
installGlobals();
// As in a worker of the pool: the stacks of errors that are part of the game cost a tenth.
Error.stackTraceLimit = 0;
const { knownPlugins, runTrial } = await import('../lab-cli/trial/run-trial.ts');
const { loadScenario } = await import('../lab-cli/scenario/load-scenario.ts');
const { vocabulary } = await import('../lab-cli/vocabulary.ts');
const { trialSeed } = await import('../lab-cli/scenario/trial-seed.ts');

const file = new URL('../../scenarios/classic.yaml', import.meta.url);
const scenario = loadScenario(readFileSync(file, 'utf8'), file.pathname, vocabulary(knownPlugins()));
let next = 0;

async function round(): Promise<number> {
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
}

parentPort!.postMessage(await bestRate(ROUNDS, round));
