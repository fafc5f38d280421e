import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { compareRuns, disagreements } from '../../reports/compare/compare-runs.ts';
import { comparisonText } from '../../reports/compare/compare-text.ts';
import { renderComparison } from '../../reports/compare/render-comparison.ts';
import type { Console } from '../console.ts';
import { InputError } from '../scenario/problem.ts';

/** `lab compare`. @returns the exit code: 1 if the runs disagree */
export async function compare(first: string, second: string, output: string, console: Console): Promise<number> {
  const comparison = await compareRuns(first, second);
  write(output, renderComparison(comparison));
  const { out, outColors: colors } = console;
  const colour = (line: string) => (line.startsWith('DISAGREES') ? colors.red(line) : line);
  out.write(`${comparisonText(comparison).split('\n').map(colour).join('\n')}\n\nReport: ${output}\n`);
  return disagreements(comparison) === 0 ? 0 : 1;
}

function write(file: string, text: string): void {
  const partial = `${file}.${process.pid}.partial`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(partial, text);
    renameSync(partial, file);
  } catch (error) {
    throw new InputError(`can't write to ${file}: ${(error as Error).message}`);
  }
}
