import { describe, expect, it } from 'vitest';
import { MAX_BYTES, MAX_NODES, readYaml } from './yaml-source.ts';

function problemsOf(text: string): string[] {
  return readYaml(text).problems.map(({ line, column, text: what }) => `${line}:${column}: ${what}`);
}

it('keeps the place of every key and value', () => {
  const text = 'name: x\naxes:\n  a: [open, full-cone]\n';
  const { root, problems } = readYaml(text);
  expect(problems).toEqual([]);
  expect(root!.value).toEqual({ name: 'x', axes: { a: ['open', 'full-cone'] } });
  const axes = root!.children.get('axes')!;
  expect(text.slice(axes.keyOffsets.get('a'))).toMatch(/^a:/);
  expect(text.slice(axes.children.get('a')!.children.get(1)!.offset)).toMatch(/^full-cone/);
});

it('follows aliases to what they stand for', () => {
  const { root, problems } = readYaml('a: &list [x, y]\nb: *list\n');
  expect(problems).toEqual([]);
  expect(root!.value).toEqual({ a: ['x', 'y'], b: ['x', 'y'] });
});

describe('says where a file is wrong', () => {
  it.each([
    ['', ['1:1: the file is empty']],
    ['# only a comment\n', ['1:1: the file is empty']],
    ['a: 1\nb: 2\na: 3\n', ['3:1: the key "a" stands here twice']],
    ['a: *none\n', ['1:4: alias *none has no anchor &none before it']],
    ['a: &a [*a]\n', ['1:8: alias *a has no anchor &a before it']],
    ['a: 1\n---\nb: 2\n', ['2:1: a second document starts here, expected one document in a file']],
    ['__proto__: { a: 1 }\n', ['1:1: this key is no word']],
    ['? [x]\n: 1\n', ['1:3: this key is no word']],
    ['a: !thing 3\n', ['1:4: bad YAML: Unresolved tag: !thing']],
    ['a: "b\n', ['2:1: bad YAML: Missing closing "quote']],
  ])('%j', (text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });
});

describe('refuses a hostile file without running out of stack, memory or time', () => {
  it('too large', () => {
    expect(problemsOf('#'.repeat(MAX_BYTES + 1))).toEqual([`1:1: the file is larger than ${MAX_BYTES} bytes`]);
  });

  it.each([
    ['flow lists', '['.repeat(100_000)],
    ['closed flow lists', '['.repeat(20_000) + ']'.repeat(20_000)],
    ['block lists', '- '.repeat(50_000)],
    ['explicit keys', '? '.repeat(50_000)],
    ['flow maps', '{'.repeat(100_000)],
  ])('too deep: %s', (_, text) => {
    expect(problemsOf(text)).toEqual(['1:1: this is nested more than 32 levels deep']);
  });

  it('an alias bomb', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let n = 1; n < 30; n++) lines.push(`a${n}: &a${n} [${`*a${n - 1}, `.repeat(10)}]`);
    expect(problemsOf(lines.join('\n'))).toEqual([
      expect.stringMatching(new RegExp(`^\\d+:\\d+: the file holds more than ${MAX_NODES} values$`)),
    ]);
  });

  it('a hundred thousand keys', () => {
    const text = Array.from({ length: 80_000 }, (_, index) => `k${index}: 1`).join('\n');
    expect(Object.keys(readYaml(text).root!.value as object)).toHaveLength(80_000);
  });
});
