import { table } from '../lab-cli/docs/table.ts';
import { aggregateRuns } from '../reports/aggregate.ts';
import { sharePercent } from '../reports/population/points.ts';
import type { PopulationGroup } from '../reports/population/population-types.ts';

/** What each plugin adds to the others among the peers of one population. */
export interface MarginalValues {
  readonly population: string;
  readonly byPlugin: PopulationGroup['byPlugin'];
}

/**
 * Of a run in mode `each`, over the first of its links.
 *
 * @param dir what `lab run` wrote
 * @throws ReadRunError; RangeError if the run has no population
 */
export async function marginalValues(dir: string): Promise<MarginalValues> {
  const { population } = await aggregateRuns([dir]);
  const [group] = population?.groups ?? [];
  if (!population || !group?.byPlugin.some(({ marginal }) => marginal)) {
    throw new RangeError(`${dir}: no run in mode each of a scenario with a population`);
  }
  return { population: population.population.name, byPlugin: group.byPlugin };
}

/** A row a plugin: what it connects alone, and what is lost without it, among all pairs. */
export function marginalTable(runs: readonly MarginalValues[]): string {
  const plugins = [...new Set(runs.flatMap(({ byPlugin }) => byPlugin.map(({ plugin }) => plugin)))];
  const heads = runs.flatMap(({ population }) => [`\`${population}\`: alone`, 'lost without it', 'lost directly']);
  const rows = plugins.map((plugin) => [
    `\`${plugin}\``,
    ...runs.flatMap(({ byPlugin }) => {
      const found = byPlugin.find((one) => one.plugin === plugin);
      const shares = [found?.all, found?.marginal?.connected, found?.marginal?.direct];
      return shares.map((share) => (share ? sharePercent(share.share) : ''));
    }),
  ]);
  return table(['Plugin', ...heads], rows);
}
