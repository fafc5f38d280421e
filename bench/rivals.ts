import type { Plugin } from '../core/plugins/plugin.ts';
import type { TrialResult } from '../reports/schema.ts';

/** As in the measurements through kernel NATs that the table stands beside: docs/rivals.md. */
export const NATS = ['full-cone', 'restricted-cone', 'port-restricted-cone', 'symmetric', 'symmetric-sequential'];
export const CONES = NATS.slice(0, 3);
/** The engine's whole cascade, but for its relay. */
export const OURS = 'punchlab';
export const REFERENCES = ['hyperdht', 'ice', 'dcutr', 'warpgate'];

/** Every ordered pair, on the same seeds for every strategy. @param trials of each pair */
export async function play(strategy: string, trials: number): Promise<TrialResult[]> {
  return playScenario(scenarioText(await pluginsOf(strategy), trials));
}

/** All trials of a scenario, each in this thread. @throws Error for a trial that says nothing of its strategies */
export async function playScenario(text: string): Promise<TrialResult[]> {
  const { knownPlugins, runTrial } = await import('../lab-cli/trial/run-trial.ts');
  const { loadScenario } = await import('../lab-cli/scenario/load-scenario.ts');
  const { vocabulary } = await import('../lab-cli/vocabulary.ts');
  const { trialSeed } = await import('../lab-cli/scenario/trial-seed.ts');
  const scenario = loadScenario(text, 'rivals', vocabulary(knownPlugins()));
  const results: TrialResult[] = [];
  for (const cell of scenario.cells) {
    for (let trial = 0; trial < scenario.trials; trial++) {
      const seed = trialSeed(scenario.seed, cell.id, trial);
      const result = await runTrial({ scenario, cell, trial, only: null, seed });
      const { outcome, error } = result;
      if (!['connected', 'not-connected', 'deadline'].includes(outcome)) throw new Error(`${cell.id}: ${error}`);
      results.push(result);
    }
  }
  return results;
}

/** @param b as `a` @default the NATs of the table */
export function scenarioText(plugins: readonly string[], trials: number, a = NATS, b = a): string {
  return `schema: 1
name: rivals
seed: 7
trials: ${trials}
axes: { a: [${a.join(', ')}], b: [${b.join(', ')}], link: [{ latency: 20ms }] }
plugins: [${plugins.join(', ')}]
limits: { time: 60s }
`;
}

/** The plugins that make up a strategy; the references are registered by then. */
export async function pluginsOf(strategy: string): Promise<readonly string[]> {
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

/** One pair under one strategy. */
export interface CellSummary {
  readonly a: string;
  readonly b: string;
  /** How many trials connected. */
  readonly connected: number;
  readonly trials: number;
  /** Of what connected, in ms; undefined: nothing did. */
  readonly medianMs: number | undefined;
}

/** In the order of the rows, which dial, and of the columns. */
export function cellsOf(results: readonly TrialResult[]): CellSummary[] {
  return NATS.flatMap((a) =>
    NATS.map((b) => {
      const of = results.filter(({ cell }) => cell.a === a && cell.b === b);
      const times = timesOf(of);
      return { a, b, connected: times.length, trials: of.length, medianMs: median(times) };
    }),
  );
}

/** From the call to the pipe, in ms, of what connected. */
export function timesOf(results: readonly TrialResult[]): number[] {
  return results.flatMap(({ outcome, connectMs }) => (outcome === 'connected' ? [connectMs!] : []));
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
    median(timesOf(connected.filter(({ cell }) => want(cell.a!, cell.b!))));
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
