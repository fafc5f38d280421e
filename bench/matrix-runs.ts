import type { ScenarioChanges } from '../lab-cli/scenario/change-scenario.ts';

/** One way to run a matrix. */
export interface MatrixRun {
  readonly title: string;
  /** Part of the directory's name. */
  readonly slug: string;
  readonly changes: ScenarioChanges;
}

const RELAY = 'turn-relay';
const DIRECT = ['direct-connect', 'reverse-connect', 'port-mapping', 'tcp-punch', 'udp-punch', 'random-probe'];
const GOOD = 'broadband';
/** 5 % on each of the two access lines, so nearly 10 % from peer to peer. */
const BAD = '{ latency: 20ms, jitter: 30ms, loss: 5% }';

export const RACES: readonly MatrixRun[] = [
  {
    title: 'Races without the relay, good lines',
    slug: 'direct',
    changes: { mode: 'race', plugins: DIRECT, link: GOOD },
  },
  {
    title: 'Races without the relay, bad lines',
    slug: 'direct-bad',
    changes: { mode: 'race', plugins: DIRECT, link: BAD },
  },
  {
    title: 'Races with the relay, good lines',
    slug: 'relay',
    changes: { mode: 'race', plugins: [...DIRECT, RELAY], link: GOOD },
  },
  {
    title: 'Races with the relay, bad lines',
    slug: 'relay-bad',
    changes: { mode: 'race', plugins: [...DIRECT, RELAY], link: BAD },
  },
];

export const EACH: MatrixRun = {
  title: 'Each plugin alone, good lines',
  slug: 'each',
  changes: { mode: 'each', plugins: [...DIRECT, RELAY], link: GOOD },
};

const SHAPES = [
  ...['chains', 'hairpin', 'same-lan', 'same-nat', 'shared-cgn', 'ipv6', 'ipv6-lan'],
  ...['nat64', 'families', 'interfaces', 'policies'],
].map((shape) => `shapes-${shape}`);

/** Every scenario of `docs/matrices.md`, of `scenarios/`. */
export const MATRICES: readonly string[] = ['race-types', 'race-grid', ...SHAPES];

/** @returns the ways to run that scenario: what fails may fail for one plugin alone, and in 35 x 35 pairs that is too much */
export function runsOf(matrix: string): readonly MatrixRun[] {
  return matrix.startsWith('race-') ? RACES : [...RACES, EACH];
}
