import { udpSide } from '../../reports/oracle/side.ts';
import type { PublishedFigure, RunPopulation } from '../../reports/population/run-population.ts';
import type { Side } from './expand-cells.ts';
import { nearestWord } from './nearest.ts';
import { formatPercent } from './percent.ts';
import type { WrittenPopulation } from './population-shape.ts';
import type { NamedPopulation } from './populations.ts';
import { choice } from './shapes.ts';
import type { TopologySpec } from './types.ts';

/** What a population speaks of. */
export interface PopulationContext {
  readonly a: readonly Side[];
  readonly b: readonly Side[];
  readonly topology: TopologySpec['name'];
  readonly plugins: readonly string[];
  readonly populations: ReadonlyMap<string, NamedPopulation>;
  /** Reports what is wrong at a place within the section. */
  fail(path: readonly (string | number)[], what: string, expected?: string, nearest?: string): void;
}

/** Sources round: the shares that they print may miss 100% by this much. */
const SLACK_PPM = 10_000;

/** Completes a population and checks every name in it. */
export function resolvePopulation(written: WrittenPopulation, context: PopulationContext): RunPopulation {
  const base = written.extends === undefined ? undefined : context.populations.get(written.extends);
  const weights = new Map([...(base?.weightsPpm ?? []), ...Object.entries(written.weights)]);
  checkWeights(written, weights, context);
  if (context.topology !== 'separate') {
    context.fail([], `a population is of peers drawn apart, but topology is ${context.topology}`, 'separate');
  }
  const sides = new Map(context.a.map((side) => [side.text, side]));
  return {
    name: written.extends ?? '',
    source: base?.source ?? '',
    classes: [...weights].map(([name, weightPpm]) => {
      const chain = sides.get(name)?.nats.map(({ behaviour }) => behaviour) ?? [];
      return { name, weightPpm, udp: !udpSide(chain).blocked };
    }),
    published: written.published.map((figure, index) => resolveFigure(figure, index, [...weights.keys()], context)),
  };
}

function checkWeights(
  written: WrittenPopulation,
  weights: ReadonlyMap<string, number>,
  { a, b, fail }: PopulationContext,
): void {
  for (const name of weights.keys()) {
    const at = Object.hasOwn(written.weights, name) ? ['weights', name] : ['extends'];
    for (const [axis, values] of Object.entries({ a: textsOf(a), b: textsOf(b) })) {
      if (values.includes(name)) continue;
      fail(at, `axis ${axis} has no value "${name}"`, choice(values), nearestWord(name, values));
      break;
    }
  }
  const unweighted = new Set([...textsOf(a), ...textsOf(b)].filter((name) => !weights.has(name)));
  for (const name of unweighted)
    fail([], `the population has no weight for "${name}"`, 'one for each value of a and b');
  const sum = [...weights.values()].reduce((total, weight) => total + weight, 0);
  if (Math.abs(sum - 1_000_000) > SLACK_PPM) {
    fail(['weights'], `the weights sum to ${formatPercent(sum)}`, '99% to 101%');
  }
}

function resolveFigure(
  { differs, error, name, source, ...figure }: WrittenPopulation['published'][number],
  index: number,
  classes: readonly string[],
  context: PopulationContext,
): PublishedFigure {
  const known = (path: readonly (string | number)[], value: string) => {
    if (classes.includes(value)) return;
    const what = `the population has no "${value}"`;
    context.fail(['published', index, ...path], what, choice(classes), nearestWord(value, classes));
  };
  const plugins = figure.plugins ?? context.plugins;
  for (const [place, plugin] of plugins.entries()) {
    if (context.plugins.includes(plugin)) continue;
    context.fail(['published', index, 'plugins', place], `plugin "${plugin}" takes no part`, choice(context.plugins));
  }
  const common = { name, source, plugins, errorPpm: error ?? null, differs };
  if (figure.what === 'total') {
    const among = figure.among ?? classes;
    for (const [place, value] of among.entries()) known(['among', place], value);
    return { what: 'total', ...common, among, ppm: figure.value };
  }
  const rows = Object.entries(figure.values);
  const cells = rows.flatMap(([a, row]) => Object.entries(row).map(([b, ppm]) => ({ a, b, ppm })));
  for (const [a, row] of rows) {
    known(['values', a], a);
    for (const b of Object.keys(row)) known(['values', a, b], b);
  }
  if (cells.length === 0) context.fail(['published', index, 'values'], 'the matrix is empty', 'a pair at least');
  return { what: 'pair-matrix', ...common, cells };
}

function textsOf(sides: readonly Side[]): string[] {
  return sides.map(({ text }) => text);
}
