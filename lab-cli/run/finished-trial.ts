import type { TrialResult } from '../../reports/schema.ts';
import { resultLine } from './result-line.ts';

/** What the main thread needs of a trial: the line as it goes to the file, and what is counted along the way. */
export interface FinishedTrial extends Pick<TrialResult, 'outcome' | 'plugin' | 'path'> {
  readonly line: string;
}

export function finishedTrial(result: TrialResult): FinishedTrial {
  const { outcome, plugin, path } = result;
  return { line: resultLine(result), outcome, plugin, path };
}
