import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { registry } from '../../core/node/index.ts';
import type { PluginFile } from '../../reports/schema.ts';
import { InputError } from '../scenario/problem.ts';

/** Since Node 22.15. The types are those of the oldest Node that the lab runs on. */
type RegisterHooks = (hooks: typeof import('./module-hooks.ts')) => void;

let hooked: Promise<void> | undefined;

/**
 * Loads files with plugins of people's own, TypeScript or JavaScript: what they mark with `@register` can be used like
 * any other. A file that was loaded before is not loaded again.
 *
 * @param files paths, from the working directory
 * @throws InputError if a file can't be read or run, or registers nothing
 */
export async function loadPlugins(files: readonly string[]): Promise<readonly PluginFile[]> {
  if (files.length === 0) return [];
  hooked ??= hookLoader();
  await hooked;
  const loaded: PluginFile[] = [];
  for (const file of files) loaded.push(await loadPlugin(file));
  return loaded;
}

const byPath = new Map<string, PluginFile>();

async function loadPlugin(file: string): Promise<PluginFile> {
  const path = resolve(file);
  const known = byPath.get(path);
  if (known) return known;
  const sha256 = digestOf(path, file);
  const before = new Set(registry.names());
  try {
    await import(pathToFileURL(path).href);
  } catch (error) {
    throw new InputError(`plugin ${file}: ${explain(error, path)}`);
  }
  const plugins = registry.names().filter((name) => !before.has(name));
  if (plugins.length === 0) {
    throw new InputError(
      `plugin ${file}: registers no plugin; mark its class with @register, in JavaScript call register(Class), ` +
        "both imported from 'punchlab'",
    );
  }
  const found = { path, sha256, plugins };
  byPath.set(path, found);
  return found;
}

function digestOf(path: string, file: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch (error) {
    throw new InputError(`can't read plugin ${file}: ${(error as Error).message}`);
  }
}

/** What went wrong, with the line of the file where it did, if the error knows one. */
function explain(error: unknown, path: string): string {
  if (!(error instanceof Error)) return String(error);
  const frame = error.stack?.split('\n').find((line) => line.includes(path) && !line.includes(error.message));
  const place = frame && /:(\d+):(\d+)\)?$/.exec(frame);
  return place ? `${error.message} (line ${place[1]}, column ${place[2]})` : error.message;
}

async function hookLoader(): Promise<void> {
  const { registerHooks } = nodeModule as { registerHooks?: RegisterHooks };
  if (registerHooks) registerHooks(await import('./module-hooks.ts'));
  // Only compiled code can run on a loader thread: Node 20 runs no TypeScript.
  else nodeModule.register(new URL('./module-hooks.js', import.meta.url));
}
