import type { Shard } from '../pool/workload.ts';
import { formatSeconds } from '../run/progress.ts';
import { optionsText } from '../scenario/plugin-options.ts';
import type { PluginSpec, ResolvedScenario } from '../scenario/types.ts';

/** Of one worker, on a processor of 2020 or so: only to tell a coffee from a night. */
const TRIALS_PER_SECOND = 50;

/** What a run will do, before it does it. */
export function describeRun(scenario: ResolvedScenario, lines: number, shard: Shard, workers: number): string {
  const { name, seed, mode, trials, cells, plugins } = scenario;
  const all = `${cells.length} cells × ${trials} trials`;
  const each = mode === 'each' ? ` × ${plugins.length} plugins` : '';
  const part = shard.count > 1 ? `, part ${shard.index} of ${shard.count}` : '';
  const seconds = lines / TRIALS_PER_SECOND / workers;
  return [
    `${name}: ${all}${each}${part} = ${lines} results, about ${formatSeconds(seconds)} with ${workers} workers`,
    `seed ${seed}, mode ${mode}, plugins ${plugins.map(pluginText).join(', ')}`,
  ].join('\n');
}

function pluginText({ name, options }: PluginSpec): string {
  const text = optionsText(options);
  return text ? `${name} (${text})` : name;
}
