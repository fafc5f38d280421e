import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeApiDocs } from '../lab-cli/docs/api-docs.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'punchlab-api-'));

interface Reflection {
  readonly name: string;
  readonly variant?: string;
  readonly flags?: { readonly isOptional?: boolean };
  readonly comment?: { readonly blockTags?: readonly { readonly tag: string }[] };
  readonly children?: readonly Reflection[];
}

/** What an object of options may leave out, as `NodeOptions.listen`, but for what says its default. */
function withoutDefault({ name, children = [] }: Reflection): string[] {
  const options = /(Options|Servers|Config|Filter|Policy)$/.test(name)
    ? children.filter(({ flags }) => flags?.isOptional)
    : [];
  const silent = options.filter(({ comment }) => !comment?.blockTags?.some(({ tag }) => tag === '@default'));
  return [...silent.map((option) => `${name}.${option.name}`), ...children.flatMap(withoutDefault)];
}

const filesOf = (where: string) => readdirSync(where, { recursive: true, encoding: 'utf8' }).filter(isMarkdown).sort();
const isMarkdown = (name: string) => name.endsWith('.md');

describe('the API documentation', () => {
  let tree: Reflection;

  beforeAll(() => {
    const { status, output } = writeApiDocs(ROOT, folder);
    expect(status, output).toBe(0);
    tree = JSON.parse(readFileSync(join(folder, 'api.json'), 'utf8'));
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is what the source says: `npm run docs` writes it', () => {
    const fresh = filesOf(folder);
    expect(fresh.length).toBeGreaterThan(3);
    expect(filesOf(join(ROOT, 'docs/api'))).toEqual(fresh);
    for (const file of fresh) {
      expect(readFileSync(join(ROOT, 'docs/api', file), 'utf8'), file).toBe(readFileSync(join(folder, file), 'utf8'));
    }
  });

  it('states the default of every option', () => {
    expect(withoutDefault(tree)).toEqual([]);
    const silent = { name: 'XOptions', children: [{ name: 'x', flags: { isOptional: true } }] };
    expect(withoutDefault(silent)).toEqual(['XOptions.x']);
  });
});
