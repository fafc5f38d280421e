import type { Cell, ResolvedScenario } from '../scenario/types.ts';
import { verdictOf } from './oracle-verdict.ts';

/**
 * What theory says of one cell, or in mode `each` of one plugin in it: it connects for `certain`, by `chance` as often as
 * given, perhaps (`open`: order, timing or luck decide, and nobody knows how often), or never.
 */
export type Prospect =
  | { readonly kind: 'certain' | 'open' | 'impossible' }
  | { readonly kind: 'chance'; readonly chance: number };

/** @param only in mode `each`, the plugin; in mode `race` null */
export function prospectOf(scenario: ResolvedScenario, cell: Cell, only: string | null): Prospect {
  const { perPlugin } = verdictOf({ scenario, cell, trial: 0, only, seed: '' });
  if (perPlugin.some(({ expected }) => expected === 'always')) return { kind: 'certain' };
  const possible = perPlugin.filter(({ expected }) => expected === 'sometimes');
  const [one, ...others] = possible;
  if (!one) return { kind: 'impossible' };
  return others.length === 0 && one.chance !== undefined ? { kind: 'chance', chance: one.chance } : { kind: 'open' };
}
