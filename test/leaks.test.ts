import { getActiveResourcesInfo } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { resolveBehaviour } from '../core/nat/behaviour.ts';
import { PRESETS } from '../core/nat/presets.ts';
import type { Cell, ResolvedScenario } from '../lab-cli/scenario/types.ts';
import { knownPlugins, runTrial } from '../lab-cli/trial/run-trial.ts';

const TRIALS = 1000;
const NATS = ['open', 'full-cone', 'port-restricted-cone', 'symmetric', 'udp-blocked'];
/** What caches that have a limit may still take up after the first rounds. */
const GROWTH_BYTES = 12_000_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function cellOf(index: number): Cell {
  const [a, b] = [NATS[index % NATS.length]!, NATS[Math.floor(index / NATS.length) % NATS.length]!];
  const side = (name: string) => [
    { name, summary: PRESETS[name]!.summary, behaviour: resolveBehaviour(PRESETS[name]!.behaviour) },
  ];
  const direction = { latencyUs: 20_000, jitterUs: 5_000, lossPpm: 10_000 };
  const link = { name: 'lossy', up: direction, down: direction };
  const line = (name: string) => ({ interface: undefined, family: 4, nats: side(name) }) as const;
  const lines = { a: [line(a)], b: [line(b)] };
  return { id: `${a},${b},lossy`, axes: { a, b, link: 'lossy' }, a: side(a), b: side(b), lines, link };
}

it(`${TRIALS} trials leave no timer, no socket and no heap growth`, { timeout: 300_000 }, async () => {
  const scenario: ResolvedScenario = {
    name: 'leaks',
    seed: 1,
    trials: TRIALS,
    mode: 'race',
    topology: { name: 'separate', isolated: false, subscribers: 0 },
    timeLimitMs: 60_000,
    plugins: [...knownPlugins().keys()].map((name) => ({ name, options: {} })),
    cells: [],
    expectations: [],
  };
  const run = async (trial: number) => {
    const { outcome, error } = await runTrial({
      scenario,
      cell: cellOf(trial),
      trial,
      only: null,
      seed: `leak ${trial}`,
    });
    expect(error).toBeUndefined();
    expect(outcome).toBe('connected');
  };
  for (let trial = 0; trial < TRIALS / 4; trial++) await run(trial);
  const resources = getActiveResourcesInfo().sort();
  const before = heapBytes();
  for (let trial = TRIALS / 4; trial < TRIALS; trial++) await run(trial);
  expect(getActiveResourcesInfo().sort()).toEqual(resources);
  expect(heapBytes() - before).toBeLessThan(GROWTH_BYTES);
});
