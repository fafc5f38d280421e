import type { Plugin } from '../core/plugins/plugin.ts';
import type { TrialResult } from '../reports/schema.ts';

/** As in the measurements through kernel NATs that the table stands beside: docs/rivals.md. */
export const NATS = ['full-cone', 'restricted-cone', 'port-restricted-cone', 'symmetric', 'symmetric-sequential'];
const CONES = NATS.slice(0, 3);
/** The engine's whole cascade, but for its relay. */
export const OURS = 'punchlab';
export const REFERENCES = ['hyperdht', 'ice', 'dcutr', 'warpgate'];

/** Every ordered pair, on the same seeds for every strategy. @param trials of each pair */
export async function play(strategy: string, trials: number): Promise<TrialResult[]> {
  const { knownPlugins, runTrial } = await import('../lab-cli/trial/run-trial.ts');
  const { loadScenario } = await import('../lab-cli/scenario/load-scenario.ts');
  const { vocabulary } = await import('../lab-cli/vocabulary.ts');
  const { trialSeed } = await import('../lab-cli/scenario/trial-seed.ts');
  const plugins = await pluginsOf(strategy);
  const scenario = loadScenario(scenarioText(plugins, trials), 'rivals', vocabulary(knownPlugins()));
  const results: TrialResult[] = [];
  for (const cell of scenario.cells) {
    for (let trial = 0; trial < trials; trial++) {
      const result = await runTrial({
        scenario,
        cell,
        trial,
        only: null,
        seed: trialSeed(scenario.seed, cell.id, trial),
      });
      const { outcome, error } = result;
      if (!['connected', 'not-connected', 'deadline'].includes(outcome)) throw new Error(`${cell.id}: ${error}`);
      results.push(result);
    }
  }
  return results;
}

function scenarioText(plugins: readonly string[], trials: number): string {
  const nats = NATS.join(', ');
  return `schema: 1
name: rivals
seed: 7
trials: ${trials}
axes: { a: [${nats}], b: [${nats}], link: [{ latency: 20ms }] }
plugins: [${plugins.join(', ')}]
limits: { time: 60s }
`;
}

async function pluginsOf(strategy: string): Promise<readonly string[]> {
  const { registry } = await import('../core/node/index.ts');
  const references = await loadReferences();
  for (const each of references) if (!registry.get(each.name)) registry.add(each);
  if (strategy !== OURS) return [strategy];
  const direct = registry.names().filter((name) => registry.get(name)!.path === 'direct');
  return direct.filter((name) => !REFERENCES.includes(name));
}

async function loadReferences(): Promise<Plugin[]> {
  const { Dcutr } = await import('./reference/dcutr.ts');
  const { HyperDht } = await import('./reference/hyperdht.ts');
  const { Ice } = await import('./reference/ice.ts');
  const { Warpgate } = await import('./reference/warpgate.ts');
  return [new HyperDht(), new Ice(), new Dcutr(), new Warpgate()];
}

/** What the table says of one strategy. */
export interface Summary {
  /** Pairs that connected in every trial. */
  readonly pairs: number;
  readonly connected: number;
  readonly trials: number;
  /** Medians over what connected, in ms, by the kind of pair. */
  readonly medianMs: Readonly<Record<'cones' | 'sequential' | 'random', number | undefined>>;
  /** Median that the two peers sent, discovery included. */
  readonly packets: number | undefined;
}

export function summarise(results: readonly TrialResult[]): Summary {
  const connected = results.filter(({ outcome }) => outcome === 'connected');
  const failed = new Set(results.filter(({ outcome }) => outcome !== 'connected').map(pairOf));
  const times = (want: (a: string, b: string) => boolean) =>
    median(connected.filter(({ cell }) => want(cell.a!, cell.b!)).map(({ connectMs }) => connectMs!));
  const cone = (name: string) => CONES.includes(name);
  const against = (nat: string) => (a: string, b: string) => (cone(a) && b === nat) || (a === nat && cone(b));
  return {
    pairs: new Set(results.map(pairOf)).size - failed.size,
    connected: connected.length,
    trials: results.length,
    medianMs: {
      cones: times((a, b) => cone(a) && cone(b)),
      sequential: times(against('symmetric-sequential')),
      random: times(against('symmetric')),
    },
    packets: median(connected.map(({ cost }) => cost.packets)),
  };
}

function pairOf({ cell }: TrialResult): string {
  return `${cell.a} ${cell.b}`;
}

export function median(values: readonly number[]): number | undefined {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
}
