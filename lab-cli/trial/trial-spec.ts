import type { Cell, ResolvedScenario } from '../scenario/types.ts';

/** All that decides a trial: the same spec gives the same result, byte for byte. */
export interface TrialSpec {
  readonly scenario: ResolvedScenario;
  readonly cell: Cell;
  /** 0 to `scenario.trials` - 1. */
  readonly trial: number;
  /** In mode `each`: the plugin that runs alone. */
  readonly only: string | null;
  /** 16 hexadecimal digits. The same for every plugin of a trial, so that they meet the same network. */
  readonly seed: string;
}
