import type { Colors } from 'picocolors/types.js';
import type { AttemptReport } from '../../core/node/index.ts';

const NAME_WIDTH = 18;
const OUTCOME_WIDTH = 14;

/** How each strategy's try ended, for people: one line each. */
export function accountLines(attempts: readonly AttemptReport[], colors: Colors): string {
  return attempts.map((attempt) => `${attemptLine(attempt, colors)}\n`).join('');
}

export function attemptLine({ plugin, outcome, reason, atUs }: AttemptReport, colors: Colors): string {
  const paint = outcome === 'won' ? colors.green : outcome === 'failed' ? colors.red : colors.dim;
  const time = `${(atUs / 1e6).toFixed(2)} s`.padStart(8);
  return `${time}  ${plugin.padEnd(NAME_WIDTH)} ${paint(outcome.padEnd(OUTCOME_WIDTH))} ${colors.dim(reason)}`;
}
