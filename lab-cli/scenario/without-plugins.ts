import { nearestWord } from './nearest.ts';
import { InputError } from './problem.ts';
import { choice } from './shapes.ts';
import type { ResolvedScenario } from './types.ts';

/**
 * The scenario with fewer plugins. It claims nothing then: what it expects, it expects of all of them.
 *
 * @throws InputError if one of the names takes no part, or none is left
 */
export function withoutPlugins(scenario: ResolvedScenario, names: readonly string[]): ResolvedScenario {
  if (names.length === 0) return scenario;
  const known = scenario.plugins.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const nearest = nearestWord(name, known);
    const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
    throw new InputError(`no plugin "${name}" takes part in ${scenario.name}, expected ${choice(known)}${hint}`);
  }
  const takesPart = (name: string) => !names.includes(name);
  const plugins = scenario.plugins.filter(({ name }) => takesPart(name));
  if (plugins.length === 0) throw new InputError(`without ${names.join(', ')} no plugin is left in ${scenario.name}`);
  return { ...scenario, plugins, expectations: [], population: populationOf(scenario, takesPart) };
}

/** Figures that count the connections of somebody who takes no part have nothing beside them. */
function populationOf({ population }: ResolvedScenario, takesPart: (name: string) => boolean) {
  return (
    population && { ...population, published: population.published.filter(({ plugins }) => plugins.every(takesPart)) }
  );
}
