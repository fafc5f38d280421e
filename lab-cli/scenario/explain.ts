import type { z } from 'zod';
import { nearestWord } from './nearest.ts';
import type { Problem } from './problem.ts';
import { choice } from './shapes.ts';
import type { YamlNode, YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Of one section: far more than are shown, few enough to look for the nearest word of each. */
const MOST_ISSUES = 1000;

/** Says of every issue of a schema what is wrong there, what was expected, and which word may have been meant. */
export function explain(issues: readonly Issue[], source: YamlSource, prefix: Path = []): Problem[] {
  const mistyped = new Set(issues.flatMap(({ code, path }) => (code === 'unrecognized_keys' ? label(path) : [])));
  return issues.slice(0, MOST_ISSUES).flatMap((issue) => {
    // A mapping with an unknown key fails its further checks for that alone.
    if (issue.code === 'custom' && mistyped.has(label(issue.path))) return [];
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys') return unknownKeys(issue.keys, issue.message.split(', '), path, source);
    if (issue.code === 'invalid_union') {
      const branch = likeliest(issue.errors);
      return branch ? explain(branch, source, path) : wrongValue(issue, path, source);
    }
    if (issue.code === 'invalid_key') return unknownKeys([String(path.at(-1))], [], path.slice(0, -1), source, issue);
    return wrongValue(issue, path, source);
  });
}

/** The alternative that was meant: the one whose own keys fit best. None if not even the kind of value fits any. */
function likeliest(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const fitting = branches.filter(
    (issues) => !issues.some(({ code, path }) => code === 'invalid_type' && !path.length),
  );
  // Where a mapping stands, a word was not meant.
  const mapped = fitting.filter((issues) => !issues.some(({ code, path }) => code === 'invalid_value' && !path.length));
  const cost = (issues: readonly Issue[]) => {
    const own = issues.filter((issue) => issue.path.length <= (issue.code === 'unrecognized_keys' ? 0 : 1));
    return own.length * 1000 + issues.length;
  };
  return (mapped.length > 0 ? mapped : fitting).sort((one, other) => cost(one) - cost(other))[0];
}

function unknownKeys(keys: readonly string[], known: readonly string[], path: Path, source: YamlSource, issue?: Issue) {
  const at = find(source.root, path);
  const expected = issue?.code === 'invalid_key' ? issue.issues[0]?.message : choice(known);
  return keys.map((key) => {
    const place = path.length > 0 ? ` in ${label(path)}` : '';
    const what = issue ? `"${key}"${place} is no name` : `unknown key "${key}"${place}`;
    return source.problemAt(at?.keyOffsets.get(key) ?? at?.offset ?? 0, text(what, expected, nearestWord(key, known)));
  });
}

function wrongValue(issue: Issue, path: Path, source: YamlSource): Problem[] {
  const node = find(source.root, path);
  if (!node) {
    const parent = path.slice(0, -1);
    const at = find(source.root, parent);
    const what = `${label(parent)} has no key "${String(path.at(-1))}"`;
    return [source.problemAt(at?.offset ?? 0, text(what, issue.message))];
  }
  const { kind, candidates } = wordsOf(issue);
  const what = kind ? `unknown ${kind} ${show(node.value)}` : `${label(path)} is ${show(node.value)}`;
  const given = typeof node.value === 'string' ? nearestWord(node.value, candidates) : undefined;
  return [source.problemAt(node.offset, text(what, issue.message, given))];
}

function wordsOf(issue: Issue): { kind?: string; candidates: readonly string[] } {
  if (issue.code === 'invalid_value') return { candidates: issue.values.map(String) };
  const { kind, names } = (issue.code === 'custom' ? issue.params : undefined) ?? {};
  return kind ? { kind, candidates: names } : { candidates: [] };
}

/** One problem's text. */
export function text(what: string, expected?: string, nearest?: string): string {
  const wanted = expected ? `, expected ${expected}` : '';
  return `${what}${wanted}${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`;
}

export function find(root: YamlNode | undefined, path: Path): YamlNode | undefined {
  return path.reduce<YamlNode | undefined>((node, key) => node?.children.get(key as string | number), root);
}

/** `nats.mine.udp.timeout`, `axes.a[2]`. */
export function label(path: Path): string {
  if (path.length === 0) return 'the file';
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`))
    .join('');
}

const MAX_SHOWN = 60;

function show(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return value.length > 0 ? 'a list' : 'an empty list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value);
}
