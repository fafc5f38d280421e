import type { TrialResult } from '../reports/schema.ts';
import {
  type CellSummary,
  CONES,
  cellsOf,
  median,
  OURS,
  playScenario,
  pluginsOf,
  REFERENCES,
  scenarioText,
  timesOf,
} from './rivals.ts';

/** What the engine is to achieve on links of 20 ms one way, and what it does. */
export interface Goal {
  readonly what: string;
  /** Never over {@link limit}; undefined: it never happened. */
  readonly measured: number | undefined;
  readonly limit: number;
  readonly unit: 'ms' | 'pairs';
}

/** Medians this close are a tie: about the time in which messages wait for company. */
const TIE_MS = 2;
const SEARCHES = 100;
const SEQUENTIAL = 'symmetric-sequential';
const HOPELESS = ['symmetric', 'udp-blocked'];

/** Pairs in which one of the others connects more often, or sooner by more than a tie. */
export function pairsLost(
  ours: readonly TrialResult[],
  others: ReadonlyMap<string, readonly TrialResult[]>,
  by: 'success' | 'median',
): string[] {
  const mine = cellsOf(ours);
  return [...others].flatMap(([name, results]) =>
    cellsOf(results).flatMap((theirs, index) => {
      const own = mine[index]!;
      const lost = by === 'success' ? theirs.connected > own.connected : isSooner(theirs, own);
      return lost ? [`${own.a} dials ${own.b}: ${name}`] : [];
    }),
  );
}

function isSooner(theirs: CellSummary, own: CellSummary): boolean {
  if (theirs.medianMs === undefined) return false;
  return theirs.medianMs < (own.medianMs ?? Number.POSITIVE_INFINITY) - TIE_MS;
}

/** @param results of every strategy of the table */
export async function goals(results: ReadonlyMap<string, readonly TrialResult[]>): Promise<Goal[]> {
  const ours = results.get(OURS)!;
  const others = new Map(REFERENCES.map((name) => [name, results.get(name)!]));
  const cells = cellsOf(ours);
  const search = await searchTimes();
  const count = (by: 'success' | 'median') => pairsLost(ours, others, by).length;
  const worst = (want: (cell: CellSummary) => boolean) => maximum(cells.filter(want).map(({ medianMs }) => medianMs));
  const isCones = ({ a, b }: CellSummary) => CONES.includes(a) && CONES.includes(b);
  const isPredicted = ({ a, b }: CellSummary) => [a, b].includes(SEQUENTIAL) && ![a, b].includes('symmetric');
  return [
    { what: 'pairs that another connects more often', measured: count('success'), limit: 0, unit: 'pairs' },
    { what: 'pairs in which another is sooner', measured: count('median'), limit: 0, unit: 'pairs' },
    { what: 'two cones: the slowest pair', measured: worst(isCones), limit: 200, unit: 'ms' },
    { what: 'a sequential NAT, or two: the slowest pair', measured: worst(isPredicted), limit: 400, unit: 'ms' },
    { what: 'random probe, all ports: median', measured: median(search), limit: 2000, unit: 'ms' },
    { what: 'random probe, all ports: 95 of 100', measured: percentile95(search), limit: 6000, unit: 'ms' },
    { what: 'a relay alone: the slowest pair', measured: await slowestRelay(), limit: 300, unit: 'ms' },
    { what: 'giving up where there is no way', measured: await slowestEnd(), limit: 20_000, unit: 'ms' },
  ];
}

/** 256 sockets, 200 probes a second, ports from 1,024 to 65,535. What found nothing counts as endless. */
async function searchTimes(): Promise<number[]> {
  const probe = 'random-probe: { sockets: 256, probes: 1024, rate: 200 }';
  const results = await playScenario(scenarioText([probe], SEARCHES, ['port-restricted-cone'], ['symmetric']));
  const times = timesOf(results);
  return [...times, ...Array<number>(results.length - times.length).fill(Number.POSITIVE_INFINITY)];
}

async function slowestRelay(): Promise<number | undefined> {
  const results = await playScenario(scenarioText(['turn-relay'], 1));
  return results.every(({ outcome }) => outcome === 'connected') ? maximum(timesOf(results)) : undefined;
}

/** The last attempt's end, where no relay is allowed either. */
async function slowestEnd(): Promise<number | undefined> {
  const results = await playScenario(scenarioText(await pluginsOf(OURS), 1, HOPELESS, ['symmetric']));
  if (results.some(({ outcome }) => outcome !== 'not-connected')) return undefined;
  return maximum(results.flatMap(({ attempts }) => attempts.map(({ ms }) => ms)));
}

function maximum(values: readonly (number | undefined)[]): number | undefined {
  return values.includes(undefined) ? undefined : Math.max(...(values as readonly number[]));
}

function percentile95(values: readonly number[]): number | undefined {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length * 0.95)];
}
