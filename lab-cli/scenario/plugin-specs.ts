import type { PluginOptions } from '../../core/plugins/plugin-options.ts';
import { readOptions } from './plugin-options.ts';
import type { PluginSpec } from './types.ts';

type Written = string | Readonly<Record<string, Readonly<Record<string, string | number | undefined>> | undefined>>;

/**
 * The plugins that a file lists, with their options in the plugins' own words.
 *
 * @param written undefined: all that are known
 */
export function pluginSpecs(
  written: readonly Written[] | undefined,
  known: ReadonlyMap<string, PluginOptions>,
): PluginSpec[] {
  if (!written) return [...known.keys()].map((name) => ({ name, options: {} }));
  return written.map((entry) => {
    if (typeof entry === 'string') return { name: entry, options: {} };
    const [name, options] = Object.entries(entry)[0]!;
    return { name, options: readOptions(known.get(name)!, options ?? {}) };
  });
}
