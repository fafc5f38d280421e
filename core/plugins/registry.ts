import type { Plugin } from './plugin.ts';
import type { PluginOptions } from './plugin-options.ts';

/** A class of plugins. What its constructor takes, it declares: see {@link PluginOptions}. */
export interface PluginClass {
  new (options?: never): Plugin;
  readonly options?: PluginOptions;
  /** One plain sentence for lists. */
  readonly summary?: string;
}

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const MAX_NAME_LENGTH = 40;

/** Plugins by name, in the order of registration. */
export class PluginRegistry {
  readonly #plugins = new Map<string, Plugin>();
  readonly #classes = new Map<string, PluginClass>();

  /** @throws RangeError if the name is malformed or taken */
  add(plugin: Plugin): void {
    if (!NAME.test(plugin.name) || plugin.name.length > MAX_NAME_LENGTH) {
      throw new RangeError(`plugin name ${JSON.stringify(plugin.name)}: want lower-case words joined by dashes`);
    }
    if (this.#plugins.has(plugin.name)) throw new RangeError(`a plugin named ${plugin.name} is registered already`);
    this.#plugins.set(plugin.name, plugin);
  }

  /** Adds a plugin that can also be had with other options. @throws RangeError as {@link add} does */
  addClass(plugin: PluginClass): void {
    const made = new plugin();
    this.add(made);
    this.#classes.set(made.name, plugin);
  }

  /** What the plugin of this name declares; nothing if it is unknown. */
  optionsOf(name: string): PluginOptions {
    return this.#classes.get(name)?.options ?? {};
  }

  /** What the plugin of this name says of itself; nothing if it is unknown, or silent. */
  summaryOf(name: string): string {
    return this.#classes.get(name)?.summary ?? '';
  }

  /**
   * The plugin of this name, with these options instead of the defaults.
   * @throws RangeError for an unknown plugin or option, or a value that the option can't have
   */
  configure(name: string, options: Readonly<Record<string, unknown>>): Plugin {
    const [registered] = this.select([name]);
    if (Object.keys(options).length === 0) return registered!;
    const made = this.#classes.get(name);
    if (!made?.options) throw new RangeError(`${name} takes no options`);
    try {
      return new made(options as never);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RangeError(`${name}: ${error.message}`);
    }
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
 * import { type Attempt, type Plan, type Plugin, type ProvenTransport, register, registry } from 'punchlab';
 *
 * @register
 * class Mine implements Plugin<string> {
 *   readonly name = 'mine';
 *   readonly path = 'direct';
 *
 *   plan(): Plan<string> {
 *     return { applicable: false, reason: 'it is an example' };
 *   }
 *
 *   attempt(_plan: string, _attempt: Attempt): Promise<ProvenTransport> {
 *     return Promise.reject(new Error('it is an example'));
 *   }
 * }
 * console.log(registry.names().includes('mine')); // prints: true
 * ```
 */
export function register(plugin: PluginClass, _context?: ClassDecoratorContext): void {
  registry.addClass(plugin);
}
