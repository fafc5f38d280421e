import type { Plugin } from '../plugins/plugin.ts';
import { registry } from '../plugins/registry.ts';
import type { NodeOptions } from './node-options.ts';

/** Names make sense in {@link ConnectOptions}; here they would make a node that tries nothing. */
export function pluginsOf({ plugins }: NodeOptions): readonly Plugin[] {
  for (const plugin of plugins ?? []) {
    if (typeof plugin === 'string') {
      throw new TypeError(
        `a node's plugins are objects, not the name ${plugin}: registry.select(['${plugin}']) has them`,
      );
    }
  }
  return plugins ?? registry.select();
}

/** @throws RangeError for no names, or one that none of the plugins has */
export function selectPlugins(plugins: readonly Plugin[], names: readonly string[] | undefined): readonly Plugin[] {
  if (!names) return plugins;
  if (names.length === 0) throw new RangeError('no plugin to connect with');
  return [...new Set(names)].map((name) => {
    const plugin = plugins.find((candidate) => candidate.name === name);
    if (plugin) return plugin;
    throw new RangeError(`no plugin named ${name}; there are ${plugins.map((p) => p.name).join(', ')}`);
  });
}
