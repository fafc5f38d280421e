import { readFileSync, statSync } from 'node:fs';
import { InputError } from './problem.ts';
import { MAX_BYTES } from './yaml-source.ts';

/**
 * The text of a scenario file.
 *
 * @throws InputError if it can't be read, is too large or no UTF-8
 */
export function readScenario(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > MAX_BYTES) throw new InputError(`${file}: larger than ${MAX_BYTES} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (error instanceof TypeError) throw new InputError(`${file}: not a UTF-8 text`);
    throw new InputError(`can't read ${file}: ${(error as Error).message}`);
  }
}
