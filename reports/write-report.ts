import { writeFile } from 'node:fs/promises';
import { aggregateRuns } from './aggregate.ts';
import { renderReport } from './html/render-report.ts';

/**
 * Writes the report of one run, or of several of one scenario, as one HTML file.
 *
 * @param dirs what `lab run -o` wrote
 * @param out the file
 * @throws ReadRunError if a directory is no run, a line is bad, or the runs cannot be compared
 */
export async function writeReport(dirs: readonly string[], out: string): Promise<void> {
  await writeFile(out, renderReport(await aggregateRuns(dirs)));
}
