import { Composer, type CST, isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, Parser } from 'yaml';
import type { Problem } from './problem.ts';

export const MAX_BYTES = 1024 * 1024;
/** Nesting that no scenario comes near; the composer recurses, and would end the process on a hostile file. */
export const MAX_DEPTH = 32;
/** With every alias counted as what it stands for, so that a few lines can't blow up to gigabytes. */
export const MAX_NODES = 100_000;

type Key = string | number;

/** A value of a YAML file that still knows where it stands. */
export interface YamlNode {
  /** Plain data: objects, arrays and scalars. */
  readonly value: unknown;
  /** Of its first character in the file. */
  readonly offset: number;
  readonly children: ReadonlyMap<Key, YamlNode>;
  readonly keyOffsets: ReadonlyMap<Key, number>;
  /** Nodes in it, itself included. */
  readonly size: number;
}

export interface YamlSource {
  /** Undefined if the file can't be read at all. */
  readonly root: YamlNode | undefined;
  readonly problems: readonly Problem[];
  /** What `text` is wrong with the thing at `offset`. */
  problemAt(offset: number, text: string): Problem;
}

/** Reads one YAML document. It never throws: whatever is wrong is a problem with its place. */
export function readYaml(text: string): YamlSource {
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const problemAt = (offset: number, what: string): Problem => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1), text: what };
  };
  const fail = (offset: number, what: string) => void problems.push(problemAt(offset, what));
  const root = Buffer.byteLength(text) > MAX_BYTES ? undefined : compose(text, lines, fail);
  if (!root && problems.length === 0) fail(0, `the file is larger than ${MAX_BYTES} bytes`);
  return { root, problems, problemAt };
}

type Fail = (offset: number, what: string) => void;

function compose(text: string, lines: LineCounter, fail: Fail): YamlNode | undefined {
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const deep = tokens.find((token) => depthOf(token) > MAX_DEPTH);
  if (deep) return void fail(deep.offset, `this is nested more than ${MAX_DEPTH} levels deep`);
  // Its own check for equal keys compares every pair, which takes minutes on a file of the greatest size.
  const documents = [...new Composer({ uniqueKeys: false, prettyErrors: false }).compose(tokens)];
  const [document, second] = documents;
  if (!document?.contents) return void fail(0, 'the file is empty');
  for (const { pos, message } of [...document.errors, ...document.warnings]) {
    fail(pos[0], `bad YAML: ${message.split('\n')[0]}`);
  }
  if (second) fail(second.range[0], 'a second document starts here, expected one document in a file');
  return new Reader(fail).read(document.contents);
}

function depthOf(token: CST.Token): number {
  let deepest = 0;
  const pending: [unknown, number][] = [[token, 0]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [node, depth] = next as [{ value?: unknown; key?: unknown; items?: unknown[] }, number];
    deepest = Math.max(deepest, depth);
    if (typeof node.value === 'object' && node.value) pending.push([node.value, depth]);
    if (typeof node.key === 'object' && node.key) pending.push([node.key, depth]);
    for (const item of node.items ?? []) pending.push([item, depth + 1]);
  }
  return deepest;
}

const NO_CHILDREN: ReadonlyMap<Key, never> = new Map<Key, never>();

/** Turns the composer's nodes into values with places. */
class Reader {
  readonly #fail: Fail;
  readonly #anchors = new Map<string, YamlNode>();
  #size = 0;

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  read(node: ParsedNode): YamlNode {
    const read = this.#readAny(node);
    // Only now, so that an alias within its own anchor finds nothing and no value can contain itself.
    if (!isAlias(node) && node.anchor) this.#anchors.set(node.anchor, read);
    return read;
  }

  #readAny(node: ParsedNode): YamlNode {
    const [offset] = node.range;
    if (isAlias(node)) return this.#readAlias(node.source, offset);
    if (!this.#count(1, offset)) return leaf(null, offset);
    if (isMap(node)) return this.#readMap(node.items as Pairs, offset);
    if (isSeq(node)) return this.#readSequence(node.items as ParsedNode[], offset);
    return leaf(isScalar(node) ? node.value : null, offset);
  }

  #readAlias(name: string, offset: number): YamlNode {
    const target = this.#anchors.get(name);
    if (!target) this.#fail(offset, `alias *${name} has no anchor &${name} before it`);
    if (!target || !this.#count(target.size, offset)) return leaf(null, offset);
    return target;
  }

  #readSequence(items: readonly ParsedNode[], offset: number): YamlNode {
    const children = new Map<Key, YamlNode>();
    for (const [index, item] of items.entries()) children.set(index, this.read(item));
    const values = [...children.values()];
    return { value: values.map(({ value }) => value), offset, children, keyOffsets: NO_CHILDREN, size: sum(values) };
  }

  #readMap(pairs: Pairs, offset: number): YamlNode {
    const children = new Map<Key, YamlNode>();
    const keyOffsets = new Map<Key, number>();
    for (const { key, value } of pairs) {
      const keyOffset = key?.range[0] ?? offset;
      const name = isScalar(key) && key.value !== null ? String(key.value) : undefined;
      const child = value ? this.read(value) : leaf(null, key?.range[1] ?? offset);
      if (name === undefined || name === '__proto__') this.#fail(keyOffset, 'this key is no word');
      else if (children.has(name)) this.#fail(keyOffset, `the key "${name}" stands here twice`);
      else {
        children.set(name, child);
        keyOffsets.set(name, keyOffset);
      }
    }
    const value = Object.fromEntries([...children].map(([key, child]) => [key, child.value]));
    return { value, offset, children, keyOffsets, size: sum(children.values()) };
  }

  #count(size: number, offset: number): boolean {
    const before = this.#size;
    this.#size += size;
    if (before <= MAX_NODES && this.#size > MAX_NODES)
      this.#fail(offset, `the file holds more than ${MAX_NODES} values`);
    return this.#size <= MAX_NODES;
  }
}

type Pairs = readonly { key: ParsedNode | null; value: ParsedNode | null }[];

function leaf(value: unknown, offset: number): YamlNode {
  return { value, offset, children: NO_CHILDREN, keyOffsets: NO_CHILDREN, size: 1 };
}

function sum(nodes: Iterable<YamlNode>): number {
  let size = 1;
  for (const node of nodes) size += node.size;
  return size;
}
