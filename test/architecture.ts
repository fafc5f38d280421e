import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path/posix';
import ts from 'typescript';

/** Sources by their path from the root of the project. */
export type Sources = ReadonlyMap<string, string>;

interface Layer {
  /** What the layer is: a folder. The first layer of the table that holds a file is the file's. */
  readonly folder: string;
  /** Folders, or single files, that it may import from besides itself. */
  readonly imports: readonly string[];
}

const BASE = ['core/net', 'core/ports', 'core/wire'];
const MIDDLE = [...BASE, 'core/identity', 'core/nat', 'core/port-mapping', 'core/signal'];
const EVERYTHING = ['core', 'simulator', 'kernel-lab', 'reports', 'lab-cli'];

export const LAYERS: readonly Layer[] = [
  { folder: 'core/net', imports: [] },
  { folder: 'core/ports', imports: ['core/net'] },
  { folder: 'core/wire', imports: ['core/net'] },
  { folder: 'core/identity', imports: BASE },
  { folder: 'core/nat', imports: BASE },
  { folder: 'core/port-mapping', imports: BASE },
  { folder: 'core/signal', imports: [...BASE, 'core/identity'] },
  { folder: 'core/time', imports: BASE },
  { folder: 'core/names', imports: [...BASE, 'core/identity', 'core/signal'] },
  { folder: 'core/plugins', imports: MIDDLE },
  { folder: 'core/node', imports: [...MIDDLE, 'core/names', 'core/plugins', 'core/time'] },
  { folder: 'core/servers', imports: MIDDLE },
  { folder: 'core/real', imports: ['core/net', 'core/ports', 'core/identity', 'core/port-mapping'] },
  { folder: 'simulator', imports: [...BASE, 'core/nat/behaviour.ts'] },
  { folder: 'kernel-lab', imports: ['core/net', 'core/nat/behaviour.ts', 'simulator/link/link-model.ts'] },
  { folder: 'reports', imports: ['core/nat/behaviour.ts'] },
  { folder: 'lab-cli', imports: EVERYTHING },
  { folder: 'bench', imports: EVERYTHING },
];

/** Modules of Node that reach outside the process or the world, and the only places for them. */
const PRIVILEGED: readonly { readonly modules: readonly string[]; readonly allowedIn: readonly string[] }[] = [
  { modules: ['dgram', 'net', 'dns', 'tls', 'http', 'https', 'http2'], allowedIn: ['core/real', 'kernel-lab'] },
  { modules: ['os'], allowedIn: ['core/real', 'lab-cli', 'bench'] },
  { modules: ['timers'], allowedIn: ['core/real', 'simulator/world', 'kernel-lab', 'lab-cli', 'bench'] },
  { modules: ['fs'], allowedIn: ['core/real', 'kernel-lab', 'lab-cli', 'reports', 'bench'] },
  {
    modules: ['child_process', 'cluster', 'worker_threads'],
    allowedIn: ['core/real', 'kernel-lab', 'lab-cli', 'bench'],
  },
];

/** Files of Linux: whatever else needs to know such a thing asks the host, or has a test that is skipped elsewhere. */
const LINUX_FILES = /(?<![\w.)}])\/(?:proc|sys|run)\//;
const LINUX_ONLY = ['kernel-lab', 'lab-cli/kernel', 'core/real/default-gateways.ts', 'bench/kernel-cost.ts'];

/** The documents that the project cites. A number that is not among them is taken for a slip of the pen. */
const RFCS = new Set([
  768, 791, 792, 793, 1035, 1071, 1112, 1122, 1191, 1337, 1812, 1918, 2018, 2104, 2119, 2131, 2488, 2544, 2516, 2663,
  2923, 3022, 3489, 3550, 3849, 3927, 4007, 4122, 4193, 4291, 4303, 4443, 4648, 4787, 4847, 4861, 4862, 4868, 5128,
  5245, 5382, 5389, 5461, 5508, 5681, 5722, 5737, 5766, 5769, 5771, 5780, 5869, 5903, 5905, 5927, 5952, 5961, 6052,
  6056, 6062, 6066, 6092, 6146, 6151, 6191, 6234, 6296, 6298, 6335, 6455, 6479, 6528, 6544, 6582, 6598, 6675, 6724,
  6877, 6886, 6887, 6888, 6890, 6928, 6970, 6979, 7050, 7231, 7323, 7335, 7422, 7675, 7857, 7914, 7915, 7983, 8085,
  8200, 8201, 8265, 8305, 8421, 8445, 8489, 8656, 8781, 8838, 8863, 8899, 9000, 9002, 9110, 9112, 9293, 9308, 9562,
]);

const BANNED: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /\b(?:TODO|FIXME|XXX)\b/, why: 'unfinished work is not left in the sources' },
  { pattern: /\/work\/|\.library\b|\/tmp\/|shared\/reference/, why: 'a path of somebody’s machine' },
  { pattern: /\bas any\b(?! [a-z])|@ts-ignore|@ts-nocheck/, why: 'the type checker is not silenced' },
  { pattern: /\b(?:test|it|describe|suite)\.only\(/, why: 'the other tests would not run' },
  { pattern: /^export default /m, why: 'one name for one thing, wherever it is imported' },
];

const LONGEST_FILE = 300;
const LONGEST_FUNCTION = 70;

/**
 * Every breach of the rules, as `file: what`.
 *
 * @param packages what the sources may import of others' code: the dependencies of package.json
 */
export function breaches(sources: Sources, packages: ReadonlySet<string>): string[] {
  const found: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [file, text] of sources) {
    const imports = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
    const own = imports.filter((name) => name.startsWith('.')).map((name) => join(dirname(file), name));
    graph.set(file, own);
    found.push(...textBreaches(file, text));
    if (isTest(file)) continue;
    const foreign = imports.filter((name) => !name.startsWith('.'));
    found.push(
      ...linuxBreaches(file, text),
      ...layerBreaches(file, own),
      ...foreign.flatMap((name) => foreignBreaches(file, name, packages)),
    );
    found.push(...lengthBreaches(file, text));
  }
  return [...found, ...cycles(graph)];
}

/** Tests and suites may compose worlds, so they may import anything. */
function isTest(file: string): boolean {
  return /\.(?:test|suite)\.ts$/.test(file) || file.includes('/testdata/');
}

function within(file: string, place: string): boolean {
  return file === place || file.startsWith(`${place}/`);
}

function layerBreaches(file: string, imports: readonly string[]): string[] {
  const layer = LAYERS.find(({ folder }) => within(file, folder));
  if (!layer) return [`${file}: belongs to no layer`];
  const allowed = [layer.folder, ...layer.imports];
  const found = imports
    .filter((target) => !allowed.some((place) => within(target, place)))
    .map((target) => `${file}: ${layer.folder} may not import ${target}`);
  const testsInSource = imports.filter(isTest).map((target) => `${file}: is no test but imports ${target}`);
  return [...found, ...testsInSource];
}

function foreignBreaches(file: string, name: string, packages: ReadonlySet<string>): string[] {
  const [scope, plain] = name.split('/');
  const owner = name.startsWith('@') ? `${scope}/${plain}` : scope!;
  if (!isBuiltin(name)) return packages.has(owner) ? [] : [`${file}: ${owner} is no dependency of the project`];
  if (!name.startsWith('node:')) return [`${file}: write node:${name}`];
  const module = name.slice('node:'.length).split('/')[0]!;
  const rule = PRIVILEGED.find(({ modules }) => modules.includes(module));
  if (!rule || rule.allowedIn.some((place) => within(file, place))) return [];
  return [`${file}: ${name} is only for ${rule.allowedIn.join(', ')}`];
}

function textBreaches(file: string, text: string): string[] {
  const found: string[] = [];
  for (const { pattern, why } of BANNED) {
    const match = pattern.exec(text);
    if (match) found.push(`${file}: "${match[0].trim()}": ${why}`);
  }
  for (const [mention, number] of text.matchAll(/\bRFC[ -]?(\d+)/g)) {
    if (!RFCS.has(Number(number))) found.push(`${file}: ${mention} is not among the documents that the project cites`);
  }
  return found;
}

function linuxBreaches(file: string, text: string): string[] {
  if (LINUX_ONLY.some((place) => within(file, place))) return [];
  const match = LINUX_FILES.exec(text);
  return match ? [`${file}: ${match[0]} is only for ${LINUX_ONLY.join(', ')}: the rest runs on any system`] : [];
}

function lengthBreaches(file: string, text: string): string[] {
  const found: string[] = [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, false);
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line;
  const visit = (node: ts.Node): void => {
    const start = lineOf(node.getStart(source));
    if (ts.isFunctionLike(node) && lineOf(node.end) - start >= LONGEST_FUNCTION) {
      found.push(`${file}: the function at line ${start + 1} has more than ${LONGEST_FUNCTION} lines`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  if (lineOf(source.end) > LONGEST_FILE) found.push(`${file}: has more than ${LONGEST_FILE} lines`);
  return found;
}

function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) found.push(`${file}: is in a circle: ${[...path.slice(start), file].join(' -> ')}`);
    if (start >= 0 || done.has(file)) return;
    path.push(file);
    for (const target of graph.get(file) ?? []) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return found;
}
