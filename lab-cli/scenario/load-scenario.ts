import type { Preset } from '../../core/nat/presets.ts';
import type { PluginOptions } from '../../core/plugins/plugin-options.ts';
import type { RunPopulation } from '../../reports/population/run-population.ts';
import { readClocks } from './clocks-shape.ts';
import { type Axes, expandCells } from './expand-cells.ts';
import { find, text } from './explain.ts';
import { flow } from './flow.ts';
import type { NamedLink } from './links.ts';
import { readNatEvents } from './nat-events.ts';
import { nearestWord } from './nearest.ts';
import { type ParsedSections, parseSections } from './parse-sections.ts';
import { pluginSpecs } from './plugin-specs.ts';
import type { NamedPopulation } from './populations.ts';
import { FileError, type Problem } from './problem.ts';
import { resolveAxes } from './resolve-axes.ts';
import { type NatEntry, resolveNats } from './resolve-nats.ts';
import { resolvePopulation } from './resolve-population.ts';
import { choice } from './shapes.ts';
import { readTopology } from './topology-shape.ts';
import type { Expectation, NatEvent, NatSpec, PluginSpec, ResolvedScenario, TopologySpec } from './types.ts';
import type { Words } from './words.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

/** What a scenario may refer to. */
export interface Vocabulary {
  readonly presets: ReadonlyMap<string, Preset>;
  readonly links: ReadonlyMap<string, NamedLink>;
  /** In the order in which they take part, with the options of each. */
  readonly plugins: ReadonlyMap<string, PluginOptions>;
  readonly populations: ReadonlyMap<string, NamedPopulation>;
}

/**
 * Reads a scenario.
 *
 * @param file names it in error messages
 * @throws FileError with every problem of the text
 */
export function loadScenario(yaml: string, file: string, vocabulary: Vocabulary): ResolvedScenario {
  const source = readYaml(yaml);
  if (!source.root) throw new FileError(file, source.problems);
  const resolver = new Resolver(source, vocabulary);
  const scenario = resolver.resolve();
  if (!scenario || resolver.problems.length > 0) throw new FileError(file, resolver.problems);
  return scenario;
}

/** Looks up every name and checks what no single value shows. */
class Resolver {
  readonly problems: Problem[];
  readonly #source: YamlSource;
  readonly #vocabulary: Vocabulary;
  readonly #parsed: ParsedSections;

  constructor(source: YamlSource, vocabulary: Vocabulary) {
    this.#source = source;
    this.#vocabulary = vocabulary;
    const own = [...(source.root?.children.get('nats')?.children.keys() ?? [])].filter(
      (key) => typeof key === 'string',
    );
    const nats = new Set([...vocabulary.presets.keys(), ...own]);
    const words = wordsOf(vocabulary, nats);
    const { parsed, problems } = parseSections(source, words);
    this.#parsed = parsed;
    this.problems = [...source.problems, ...problems];
  }

  /** Undefined if a section could not be parsed. */
  resolve(): ResolvedScenario | undefined {
    const { name, seed, trials, mode, limits } = this.#parsed;
    const nats = this.#nats();
    const topology = this.#parsed.topology && readTopology(this.#parsed.topology);
    const axes = nats && topology && this.#axes(nats, topology);
    const plugins = this.#plugins();
    const events = axes && this.#events(axes);
    const expectations = axes && plugins && this.#expectations(axes, plugins);
    const population = axes && plugins && this.#population(axes, topology, plugins);
    if (!name || seed === undefined || !trials || !mode || !limits || !expectations) return undefined;
    const cells = this.problems.length === 0 ? expandCells(axes, topology) : [];
    const clocks = this.#parsed.clocks && readClocks(this.#parsed.clocks);
    const plan = { name, seed, trials, mode, topology, timeLimitMs: limits.time, plugins, events, clocks };
    return { ...plan, cells, population, expectations };
  }

  #fail(path: readonly (string | number)[], what: string, expected?: string, nearest?: string): void {
    const offset = find(this.#source.root, path)?.offset ?? 0;
    this.problems.push(this.#source.problemAt(offset, text(what, expected, nearest)));
  }

  #nats(): ReadonlyMap<string, NatSpec> | undefined {
    if (!this.#parsed.nats) return undefined;
    const entries = Object.entries(this.#parsed.nats).map(([name, entry]): [string, NatEntry] => {
      const { extends: base, ...written } = entry;
      const raw = find(this.#source.root, ['nats', name])?.value as NatEntry['raw'];
      return [name, { extends: base, written, raw }];
    });
    const { nats, problems } = resolveNats(this.#vocabulary.presets, new Map(entries));
    for (const { name, key, what, expected } of problems) {
      this.#fail(key ? ['nats', name, key] : ['nats', name], what, expected);
    }
    return nats;
  }

  #axes(nats: ReadonlyMap<string, NatSpec>, topology: TopologySpec): Axes | undefined {
    const { axes } = this.#parsed;
    if (!axes) return undefined;
    const resolved = resolveAxes(axes, topology, nats, this.#vocabulary.links, (...problem) => this.#fail(...problem));
    for (const [axis, values] of Object.entries(namesOf(resolved))) this.#refuseRepeats(['axes', axis], values);
    return resolved;
  }

  #events({ a, b = a }: Axes): readonly NatEvent[] | undefined {
    const { events } = this.#parsed;
    return events && readNatEvents(events, { a, b }, (...problem) => this.#fail(...problem));
  }

  #plugins(): PluginSpec[] | undefined {
    const { plugins } = this.#parsed;
    // Absent from the file means all, but absent from what was parsed may also mean that it has a mistake.
    if (!plugins && this.#source.root?.children.has('plugins')) return undefined;
    const specs = pluginSpecs(plugins, this.#vocabulary.plugins);
    this.#refuseRepeats(
      ['plugins'],
      specs.map(({ name }) => name),
    );
    return specs;
  }

  #refuseRepeats(path: readonly string[], values: readonly string[]): void {
    const seen = new Set<string>();
    for (const [index, value] of values.entries()) {
      if (seen.has(value)) this.#fail([...path, index], `${path.join('.')} has "${value}" twice`);
      seen.add(value);
    }
  }

  #population({ a, b = a }: Axes, topology: TopologySpec, plugins: readonly PluginSpec[]): RunPopulation | undefined {
    const written = this.#parsed.population;
    return (
      written &&
      resolvePopulation(written, {
        a,
        b,
        topology: topology.name,
        plugins: plugins.map(({ name }) => name),
        populations: this.#vocabulary.populations,
        fail: (path, ...problem) => this.#fail(['population', ...path], ...problem),
      })
    );
  }

  #expectations(axes: Axes, plugins: readonly PluginSpec[]): Expectation[] | undefined {
    const values = namesOf(axes);
    const pluginNames = plugins.map(({ name }) => name);
    return this.#parsed.expect?.map(({ where, connected, path, plugin }, index) => {
      const selected: Record<string, readonly string[]> = {};
      for (const [axis, written] of Object.entries(where)) {
        selected[axis] = [written].flat();
        for (const [place, value] of selected[axis].entries()) {
          const known = values[axis as keyof typeof values];
          if (known.includes(value)) continue;
          const at = ['expect', index, 'where', axis, ...(Array.isArray(written) ? [place] : [])];
          this.#fail(at, `axis ${axis} has no value "${value}"`, choice(known), nearestWord(value, known));
        }
      }
      if (plugin && !pluginNames.includes(plugin)) {
        this.#fail(['expect', index, 'plugin'], `plugin "${plugin}" takes no part`, choice(pluginNames));
      }
      const raw = find(this.#source.root, ['expect', index])?.value;
      return { text: flow(raw), where: selected, connected, path, plugin };
    });
  }
}

/** The words of a scenario that may name these NATs. */
export function wordsOf({ links, plugins, populations }: Vocabulary, nats: ReadonlySet<string>): Words {
  return { nats, links: new Set(links.keys()), plugins, populations: new Set(populations.keys()) };
}

function namesOf(axes: Axes): Record<keyof Axes, string[]> {
  return {
    a: axes.a.map((side) => side.text),
    b: (axes.b ?? axes.a).map((side) => side.text),
    link: axes.link.map((link) => link.name),
  };
}
