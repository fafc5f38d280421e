import { PRESETS } from '../core/nat/presets.ts';
import type { PluginOptions } from '../core/plugins/plugin-options.ts';
import { LINKS } from './scenario/links.ts';
import type { Vocabulary } from './scenario/load-scenario.ts';
import { POPULATIONS } from './scenario/populations.ts';

/** All that a scenario may refer to, given the plugins that there are, with what each one declares. */
export function vocabulary(plugins: ReadonlyMap<string, PluginOptions>): Vocabulary {
  return { presets: new Map(Object.entries(PRESETS)), links: LINKS, plugins, populations: POPULATIONS };
}
