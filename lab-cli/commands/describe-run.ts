import type { WorldName } from '../../reports/schema.ts';
import type { Shard } from '../pool/workload.ts';
import { formatSeconds } from '../run/progress.ts';
import { optionsText } from '../scenario/plugin-options.ts';
import type { PluginSpec, ResolvedScenario } from '../scenario/types.ts';

/** Of one worker, on a processor of 2020 or so: only to tell a coffee from a night. */
const SIMULATED_PER_SECOND = 50;
/** Of one sandbox, which mostly waits for packets. */
const KERNEL_PER_SECOND = 0.25;

interface WorkersOf {
  readonly workers: number;
  readonly world: WorldName;
}

/** What a run will do, before it does it. */
export function describeRun(scenario: ResolvedScenario, lines: number, shard: Shard, on: WorkersOf): string {
  const { workers, world } = on;
  const { name, seed, mode, trials, cells, plugins } = scenario;
  const all = `${cells.length} cells × ${trials} trials`;
  const each = mode === 'each' ? ` × ${plugins.length} plugins` : '';
  const part = shard.count > 1 ? `, part ${shard.index} of ${shard.count}` : '';
  const kernel = world === 'kernel';
  const seconds = lines / (kernel ? KERNEL_PER_SECOND : SIMULATED_PER_SECOND) / workers;
  const those = `${workers} ${kernel ? 'sandboxes' : 'workers'}`;
  return [
    `${name}: ${all}${each}${part} = ${lines} results, about ${formatSeconds(seconds)} with ${those}`,
    `seed ${seed}, mode ${mode}, plugins ${plugins.map(pluginText).join(', ')}`,
  ].join('\n');
}

function pluginText({ name, options }: PluginSpec): string {
  const text = optionsText(options);
  return text ? `${name} (${text})` : name;
}
