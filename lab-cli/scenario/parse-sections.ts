import type { z } from 'zod';
import { explain, text } from './explain.ts';
import type { Problem } from './problem.ts';
import { scenarioSections } from './scenario-shape.ts';
import type { Words } from './words.ts';
import type { YamlSource } from './yaml-source.ts';

type Sectioned = Record<string, unknown>;
type Sections = ReturnType<typeof scenarioSections>;

/** What could be parsed: a section with a mistake in it is left out. */
export type ParsedSections = { readonly [Key in keyof Sections]?: z.output<Sections[Key]> };

/** Parses every section for itself, so that all mistakes come to light at once. */
export function parseSections(
  source: YamlSource,
  words: Words,
): { parsed: ParsedSections; problems: readonly Problem[] } {
  const { root } = source;
  const raw = root?.value;
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    const problem = text('this is no scenario', 'a mapping that starts with "schema: 1"');
    return { parsed: {}, problems: root ? [source.problemAt(root.offset, problem)] : [] };
  }
  const sections = scenarioSections(words);
  const known = Object.keys(sections);
  const unknown = Object.keys(raw).filter((key) => !known.includes(key));
  const problems = explain(
    [{ code: 'unrecognized_keys', keys: unknown, path: [], message: known.join(', '), input: raw as Sectioned }],
    source,
  );
  const parsed: Record<string, unknown> = {};
  for (const [key, section] of Object.entries(sections)) {
    const result = section.safeParse((raw as Sectioned)[key]);
    if (result.success) parsed[key] = result.data;
    else problems.push(...explain(result.error.issues, source, [key]));
  }
  return { parsed: parsed as ParsedSections, problems };
}
