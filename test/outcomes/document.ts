import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { blocksOf } from '../readme.ts';

const FILE = fileURLToPath(new URL('../../docs/outcomes.md', import.meta.url));

/** Compares a block of docs/outcomes.md with what it ought to show; with UPDATE_OUTCOMES set, writes it instead. */
export function checkBlock(name: string, lines: readonly string[]): void {
  const markdown = readFileSync(FILE, 'utf8');
  const shown = blocksOf(markdown).get(name);
  if (!shown) throw new Error(`docs/outcomes.md has no block ${name}`);
  const text = lines.map((line) => `${line.trimEnd()}\n`).join('');
  if (process.env.UPDATE_OUTCOMES) {
    writeFileSync(FILE, markdown.slice(0, shown.start) + text + markdown.slice(shown.end));
  } else expect(shown.text).toBe(text);
}

/** Rows of text in columns that are two spaces apart. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column]!)).join('  '));
}
