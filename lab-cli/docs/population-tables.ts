import { formatPercent } from '../scenario/percent.ts';
import { POPULATIONS } from '../scenario/populations.ts';
import { table } from './table.ts';

/** The named populations, and where their shares are from. */
export function populationTables(): string {
  const classes = [...new Set([...POPULATIONS.values()].flatMap(({ weightsPpm }) => [...weightsPpm.keys()]))];
  const rows = classes.map((name) => [
    `\`${name}\``,
    ...[...POPULATIONS.values()].map(({ weightsPpm }) => {
      const weight = weightsPpm.get(name);
      return weight === undefined ? '' : formatPercent(weight);
    }),
  ]);
  const heads = ['Class', ...[...POPULATIONS.keys()].map((name) => `\`${name}\``)];
  const sources = [...POPULATIONS].map(([name, { summary, source }]) => `- \`${name}\`: ${summary}. ${source}.`);
  return `${table(heads, rows)}\n\n${sources.join('\n')}`;
}
