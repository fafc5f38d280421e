import type { PluginOption } from './scenario-shape.ts';

/** The options that plugins take in a scenario, by plugin. One that is not here does not exist. */
export const PLUGIN_OPTIONS: ReadonlyMap<string, Readonly<Record<string, PluginOption>>> = new Map();
