import type { PluginOptions } from '../../core/plugins/plugin-options.ts';

/** The words that a scenario may use; they are known only when it is read. */
export interface Words {
  /** Presets and the scenario's own. */
  readonly nats: ReadonlySet<string>;
  readonly links: ReadonlySet<string>;
  readonly plugins: ReadonlyMap<string, PluginOptions>;
  readonly populations: ReadonlySet<string>;
}
