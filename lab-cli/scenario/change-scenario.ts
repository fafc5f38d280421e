import { parse, stringify } from 'yaml';
import type { Mode } from '../../reports/schema.ts';
import { loadScenario, type Vocabulary } from './load-scenario.ts';
import { FileError, InputError } from './problem.ts';
import { readYaml } from './yaml-source.ts';

/** What a run does otherwise than its scenario says. */
export interface ScenarioChanges {
  readonly mode?: Mode;
  /** As a value of the axis `link`: a name of the library, or what it does, in YAML on one line. */
  readonly link?: string;
  /** Names of those that take part. */
  readonly plugins?: readonly string[];
}

/**
 * The text of the scenario as it was changed, without comments. It expects nothing any more, and no figure is published
 * of it: both were said of the scenario as it was written. A plugin keeps the options that the scenario gives it.
 *
 * @param yaml a scenario that can be loaded
 * @throws InputError if a change makes no sense in it
 */
export function changeScenario(yaml: string, changes: ScenarioChanges, vocabulary: Vocabulary): string {
  const { mode, link, plugins } = changes;
  const named = Object.entries({ mode, link, plugins }).flatMap(([name, value]) => (value === undefined ? [] : name));
  if (named.length === 0) return yaml;
  const { expect: _, ...scenario } = readYaml(yaml).root!.value as Scenario;
  const changed = stringify(
    {
      ...scenario,
      ...(scenario.population && { population: { ...scenario.population, published: undefined } }),
      ...(link !== undefined && { axes: { ...scenario.axes, link: [linkOf(link)] } }),
      ...(plugins && { plugins: plugins.map((name) => withOptions(name, scenario.plugins)) }),
      ...(mode && { mode }),
    },
    { lineWidth: 0 },
  );
  const text = `# ${scenario.name}, with other words for ${named.join(', ')}\n${changed}`;
  try {
    loadScenario(text, 'changed', vocabulary);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const problems = error.problems.map((problem) => problem.text);
    throw new InputError(`${scenario.name} can't be changed so: ${problems.join('; ')}`);
  }
  return text;
}

type Scenario = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly axes: object;
  readonly population?: object;
  readonly plugins?: readonly Written[];
};

type Written = string | Readonly<Record<string, unknown>>;

function linkOf(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new InputError(`the link "${text}" is no YAML: ${(error as Error).message.split('\n')[0]}`);
  }
}

function withOptions(name: string, written: readonly Written[] = []): Written {
  return written.find((entry) => typeof entry === 'object' && Object.keys(entry)[0] === name) ?? name;
}
