import type { PluginOption, PluginOptions } from '../../core/plugins/plugin-options.ts';
import { formatDurationUs } from './duration.ts';
import { choice } from './shapes.ts';

/** As a scenario spells an option: the unit is in the value there, not in the name. */
export function writtenOption(name: string, { kind }: PluginOption): string {
  return kind === 'duration' ? name.replace(/Ms$/, '') : name;
}

/** What a scenario says, in the plugin's own words. */
export function readOptions(
  declared: PluginOptions,
  written: Readonly<Record<string, string | number | undefined>>,
): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(declared).flatMap(([name, option]) => {
      const value = written[writtenOption(name, option)];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** `0ms to 8s`, `initiator or responder`. */
export function rangeText(option: PluginOption): string {
  if (option.kind === 'choice') return choice(option.choices);
  return `${valueText(option, option.min)} to ${valueText(option, option.max)}`;
}

export function defaultText(option: PluginOption): string {
  return valueText(option, option.default);
}

/** Options that were given, on one line: `first initiator`, `skew 200ms, tries 1`. */
export function optionsText(options: Readonly<Record<string, string | number>>): string {
  const texts = Object.entries(options).map(([name, value]) =>
    name.endsWith('Ms') ? `${name.slice(0, -2)} ${formatDurationUs(Number(value) * 1000)}` : `${name} ${value}`,
  );
  return texts.join(', ');
}

/** A value as a scenario spells it. */
export function valueText({ kind }: PluginOption, value: string | number): string {
  return kind === 'duration' ? formatDurationUs(Number(value) * 1000) : String(value);
}
