import type { Plugin } from '../core/plugins/plugin.ts';
import type { TrialResult } from '../reports/schema.ts';
import { installGlobals } from '../simulator/world/globals.ts';

/**
 * `npm run bench:rivals [TRIALS]`: the engine's cascade without its relay beside reference strategies that are
 * implemented as plugins from public descriptions, on the same pairs, links and seeds.
 */

const NATS = ['full-cone', 'restricted-cone', 'port-restricted-cone', 'symmetric', 'symmetric-sequential'];
const CONES = new Set(NATS.slice(0, 3));
const TRIALS = 5;

interface Entry {
  readonly name: string;
  readonly results: readonly TrialResult[];
}

const median = (values: readonly number[]): number | undefined =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];

function scenarioText(plugins: readonly string[], trials: number): string {
  const nats = NATS.join(', ');
  return `schema: 1
name: rivals
seed: 7
trials: ${trials}
axes: { a: [${nats}], b: [${nats}], link: [{ latency: 20ms }] }
plugins: [${plugins.join(', ')}]
mode: race
limits: { time: 60s }
`;
}

function pairsOf(results: readonly TrialResult[], want: (a: string, b: string) => boolean): TrialResult[] {
  return results.filter(({ cell }) => want(cell.a!, cell.b!));
}

function row({ name, results }: Entry): string {
  const connected = (each: readonly TrialResult[]) => each.filter(({ outcome }) => outcome === 'connected');
  const pairs = new Map<string, boolean>();
  for (const { cell, outcome } of results) {
    const key = `${cell.a} ${cell.b}`;
    pairs.set(key, (pairs.get(key) ?? true) && outcome === 'connected');
  }
  const all = [...pairs.values()].filter(Boolean).length;
  const time = (each: readonly TrialResult[]) => {
    const ms = median(connected(each).map(({ connectMs }) => connectMs!));
    return ms === undefined ? '-' : `${Math.round(ms)}`;
  };
  const packets = median(connected(results).map(({ cost }) => cost.packets));
  const cones = pairsOf(results, (a, b) => CONES.has(a) && CONES.has(b));
  const sequential = pairsOf(
    results,
    (a, b) => [a, b].includes('symmetric-sequential') && ![a, b].includes('symmetric'),
  );
  const random = pairsOf(results, (a, b) => (CONES.has(a) && b === 'symmetric') || (a === 'symmetric' && CONES.has(b)));
  const share = `${connected(results).length}/${results.length}`;
  return [
    name.padEnd(10),
    `${all}/${pairs.size}`,
    share,
    time(cones),
    time(sequential),
    time(random),
    `${packets ?? '-'}`,
  ]
    .map((text) => text.padStart(12))
    .join('');
}

async function main(): Promise<void> {
  const trials = Number(process.argv[2] ?? TRIALS);
  installGlobals();
  Error.stackTraceLimit = 0;
  const { knownPlugins, runTrial } = await import('../lab-cli/trial/run-trial.ts');
  const { loadScenario } = await import('../lab-cli/scenario/load-scenario.ts');
  const { vocabulary } = await import('../lab-cli/vocabulary.ts');
  const { trialSeed } = await import('../lab-cli/scenario/trial-seed.ts');
  const { registry } = await import('../core/node/index.ts');
  const own = registry.names().filter((name) => registry.get(name)!.path === 'direct');
  const rivals = await references();
  for (const rival of rivals) registry.add(rival);
  const entries = [{ name: 'punchlab', plugins: own }, ...rivals.map(({ name }) => ({ name, plugins: [name] }))];
  console.log(
    ['strategy', 'pairs', 'trials', 'cones ms', 'sequential', 'random', 'packets'].map((t) => t.padStart(12)).join(''),
  );
  for (const { name, plugins } of entries) {
    const scenario = loadScenario(scenarioText(plugins, trials), 'rivals', vocabulary(knownPlugins()));
    const results: TrialResult[] = [];
    for (const cell of scenario.cells) {
      for (let trial = 0; trial < trials; trial++) {
        const seed = trialSeed(scenario.seed, cell.id, trial);
        results.push(await runTrial({ scenario, cell, trial, only: null, seed }));
      }
    }
    console.log(row({ name, results }));
    if (process.env.DETAIL) detail(results);
    if (process.env.WHY) for (const r of results) console.log(JSON.stringify([r.cell, r.outcome, r.attempts, r.error]));
  }
}

function detail(results: readonly TrialResult[]): void {
  for (const a of NATS) {
    const cells = NATS.map((b) => {
      const of = pairsOf(results, (x, y) => x === a && y === b);
      const won = of.filter(({ outcome }) => outcome === 'connected');
      const ms = median(won.map(({ connectMs }) => connectMs!));
      const odd = of.find(({ outcome }) => !['connected', 'not-connected', 'deadline'].includes(outcome));
      return `${won.length}/${of.length} ${ms === undefined ? '' : Math.round(ms)}${odd ? odd.outcome : ''}`.padEnd(16);
    });
    console.log(`  ${a.padEnd(22)}${cells.join('')}`);
  }
}

async function references(): Promise<Plugin[]> {
  const { Dcutr } = await import('./reference/dcutr.ts');
  const { HyperDht } = await import('./reference/hyperdht.ts');
  const { Ice } = await import('./reference/ice.ts');
  const { Warpgate } = await import('./reference/warpgate.ts');
  return [new HyperDht(), new Ice(), new Dcutr(), new Warpgate()];
}

await main();
