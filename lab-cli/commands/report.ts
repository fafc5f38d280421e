import { join } from 'node:path';
import type { Console } from '../console.ts';
import { makeReport } from '../run/report.ts';

/** `lab report`. @returns the exit code */
export async function report(
  directories: readonly string[],
  output: string | undefined,
  { out }: Console,
): Promise<number> {
  const file = output ?? (directories.length === 1 ? join(directories[0]!, 'report.html') : 'report.html');
  const summary = await makeReport(directories, file);
  out.write(`${summary}\n\nReport: ${file}\n`);
  return 0;
}
