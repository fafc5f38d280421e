import type { PluginFile } from '../reports/schema.ts';
import { installGlobals } from '../simulator/world/globals.ts';

export interface Engine
  extends Pick<typeof import('./trial/run-trial.ts'), 'runTrial' | 'knownPlugins' | 'pluginSummary'> {
  readonly pluginFiles: readonly PluginFile[];
}

/**
 * Loads what runs trials, with all that it brings along. Late on purpose: the libraries in it keep the timers that they
 * find at load, and a command that runs no trial should not wait for them.
 *
 * @param pluginFiles with plugins of people's own, which see the same timers
 * @throws InputError if one of them can't be used
 */
export async function loadEngine(pluginFiles: readonly string[] = []): Promise<Engine> {
  installGlobals();
  const { runTrial, knownPlugins, pluginSummary } = await import('./trial/run-trial.ts');
  if (pluginFiles.length === 0) return { runTrial, knownPlugins, pluginSummary, pluginFiles: [] };
  const { loadPlugins } = await import('./plugins/load-plugins.ts');
  return { runTrial, knownPlugins, pluginSummary, pluginFiles: await loadPlugins(pluginFiles) };
}
