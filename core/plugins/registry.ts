import type { Plugin } from './plugin.ts';

export type PluginClass = new () => Plugin;

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const MAX_NAME_LENGTH = 40;

/** Plugins by name, in the order of registration. */
export class PluginRegistry {
  readonly #plugins = new Map<string, Plugin>();

  /** @throws RangeError if the name is malformed or taken */
  add(plugin: Plugin): void {
    if (!NAME.test(plugin.name) || plugin.name.length > MAX_NAME_LENGTH) {
      throw new RangeError(`plugin name ${JSON.stringify(plugin.name)}: want lower-case words joined by dashes`);
    }
    if (this.#plugins.has(plugin.name)) throw new RangeError(`a plugin named ${plugin.name} is registered already`);
    this.#plugins.set(plugin.name, plugin);
  }

  get(name: string): Plugin | undefined {
    return this.#plugins.get(name);
  }

  names(): string[] {
    return [...this.#plugins.keys()];
  }

  /**
   * The plugins of these names, or all of them.
   * @throws RangeError naming the first unknown one
   */
  select(names?: readonly string[]): Plugin[] {
    if (!names) return [...this.#plugins.values()];
    return names.map((name) => {
      const plugin = this.#plugins.get(name);
      if (!plugin) throw new RangeError(`no plugin named ${name}; there are ${this.names().join(', ')}`);
      return plugin;
    });
  }
}

/** Where `@register` puts a plugin, and where a node takes its plugins from unless told otherwise. */
export const registry = new PluginRegistry();

/**
 * Class decorator: makes the plugin available to every node of this process.
 *
 * @example
 * ```ts
 * @register
 * class Mine implements Plugin { readonly name = 'mine'; ... }
 * ```
 */
export function register(plugin: PluginClass, _context: ClassDecoratorContext): void {
  registry.add(new plugin());
}
