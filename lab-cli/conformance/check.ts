import type { Plugin } from '../../core/node/index.ts';

/** One thing that every plugin has to do. */
export interface Check {
  /** A sentence about the plugin, such as `ends when it is called off`. */
  readonly title: string;
  /**
   * @returns what was found, if that is worth a word
   * @throws ConformanceError saying what the plugin did instead
   */
  run(plugin: Plugin): Promise<string | undefined>;
}

/** The plugin does not do what every plugin has to. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError';
}

export function demand(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new ConformanceError(otherwise);
}
