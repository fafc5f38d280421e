import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PRESETS } from '../../core/nat/presets.ts';
import type { PluginOption } from '../../core/plugins/plugin-options.ts';
import type { Console } from '../console.ts';
import { loadEngine } from '../engine.ts';
import { packageRoot } from '../package-root.ts';
import { LINKS, type NamedLink } from '../scenario/links.ts';
import { defaultText, rangeText, writtenOption } from '../scenario/plugin-options.ts';
import { POPULATIONS } from '../scenario/populations.ts';
import { linkTexts } from '../scenario/resolve-links.ts';
import type { LISTS } from './lists.ts';

type What = (typeof LISTS)[number];

export interface ListOptions {
  /** Files with plugins of people's own, to be listed too. */
  readonly plugin?: readonly string[];
}

/** `lab list`. @returns the exit code */
export async function list(what: What, options: ListOptions, { out, outColors }: Console): Promise<number> {
  const rows = await rowsOf(what, options.plugin);
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, summary] of rows) {
    out.write(summary ? `${outColors.bold(name.padEnd(width))}  ${summary}\n` : `${outColors.bold(name)}\n`);
  }
  return 0;
}

async function rowsOf(
  what: What,
  pluginFiles: readonly string[] = [],
): Promise<(readonly [name: string, summary: string])[]> {
  if (what === 'nats') return Object.entries(PRESETS).map(([name, { summary }]) => [name, summary]);
  if (what === 'links') return [...LINKS].flatMap(linkRows);
  if (what === 'populations') return [...POPULATIONS].map(([name, { summary }]) => [name, summary]);
  if (what === 'scenarios') return scenarios();
  const { knownPlugins, pluginSummary } = await loadEngine(pluginFiles);
  return [...knownPlugins()].flatMap(([name, options]) => [
    [name, pluginSummary(name)] as const,
    ...Object.entries(options).map(optionRow),
  ]);
}

function linkRows([name, link]: [string, NamedLink]): [string, string][] {
  const ways = linkTexts(link).map(([way, text]): [string, string] => [`  ${way}`, text]);
  return [[name, link.summary], ...ways];
}

function optionRow([name, option]: [string, PluginOption]): [string, string] {
  const values = `${rangeText(option)}, default ${defaultText(option)}`;
  return [`  ${writtenOption(name, option)}`, `${values}: ${option.meaning}`];
}

/** Those that come with the lab, with the first line of each file's opening comment. */
function scenarios(): [string, string][] {
  const directory = join(packageRoot(), 'scenarios');
  const files = readdirSync(directory).filter((name) => name.endsWith('.yaml'));
  return files.sort().map((name) => {
    const file = join(directory, name);
    const [, summary = ''] = /^# (.*)$/m.exec(readFileSync(file, 'utf8')) ?? [];
    return [relative(process.cwd(), file), summary];
  });
}
