import { renameSync, writeFileSync } from 'node:fs';
import { aggregateRuns } from '../../reports/aggregate.ts';
import { renderReport } from '../../reports/html/render-report.ts';
import { renderSummary } from '../../reports/render-summary.ts';
import { InputError } from '../scenario/problem.ts';

/**
 * Writes the report of one run, or of several of one scenario, whole or not at all.
 *
 * @returns the same in short, as text
 * @throws ReadRunError if a directory is no run; InputError if the file can't be written
 */
export async function makeReport(directories: readonly string[], file: string): Promise<string> {
  const aggregate = await aggregateRuns(directories);
  const partial = `${file}.partial`;
  try {
    writeFileSync(partial, renderReport(aggregate));
    renameSync(partial, file);
  } catch (error) {
    throw new InputError(`can't write ${file}: ${(error as Error).message}`);
  }
  return renderSummary(aggregate);
}
