import type { Ends } from './carry.ts';

/** Standard input and output. Who serves many peers has nothing to say to them: its input can be read only once. */
export function endsOf(outputOnly: boolean): Ends {
  return { input: outputOnly ? undefined : process.stdin, output: process.stdout };
}
