import type { PublishedFigure, RunPopulation } from '../population/run-population.ts';

const UDP = ['full-cone', 'symmetric'];

/** Of the NATs of a sample run, with a matrix and a total that were never published. */
export const SAMPLE_POPULATION: RunPopulation = {
  name: 'a <sample>',
  source: 'Nobody & Sons, figure 3',
  classes: [
    { name: 'open', weightPpm: 0, udp: true },
    { name: 'full-cone', weightPpm: 600_000, udp: true },
    { name: 'restricted-cone', weightPpm: 0, udp: true },
    { name: 'port-restricted-cone', weightPpm: 0, udp: true },
    { name: 'symmetric', weightPpm: 300_000, udp: true },
    { name: 'udp-blocked', weightPpm: 100_000, udp: false },
  ],
  published: [figure('Table 1', 0.9), total()],
};

function figure(name: string, factor: number): PublishedFigure {
  const rates = [900_000, 800_000, 700_000, 50_000];
  const pairs = UDP.flatMap((a) => UDP.map((b) => ({ a, b })));
  return {
    ...common(name),
    what: 'pair-matrix',
    cells: pairs.map((pair, index) => ({ ...pair, ppm: factor * rates[index]! })),
    differs: ['It rained <there>.'],
  };
}

function total(): PublishedFigure {
  return { ...common('A total'), what: 'total', among: UDP, ppm: 700_000, errorPpm: 71_000, differs: [] };
}

function common(name: string) {
  return { name, source: 'Nobody & Sons', plugins: ['udp-punch'], errorPpm: null };
}
