import { PRESETS } from '../core/nat/presets.ts';
import { LINKS } from './scenario/links.ts';
import type { Vocabulary } from './scenario/load-scenario.ts';
import { PLUGIN_OPTIONS } from './scenario/plugin-options.ts';

/** All that a scenario may refer to, given the plugins that there are. */
export function vocabulary(pluginNames: readonly string[]): Vocabulary {
  const plugins = new Map(pluginNames.map((name) => [name, PLUGIN_OPTIONS.get(name) ?? {}]));
  return { presets: new Map(Object.entries(PRESETS)), links: LINKS, plugins };
}
