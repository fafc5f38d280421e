import { installGlobals } from '../simulator/world/globals.ts';
import { eventLoopRows } from './event-loop.ts';
import { natPathRows } from './nat-path.ts';
import { natScaleRows } from './nat-scale.ts';
import { natTableRows } from './nat-table.ts';
import { raceTrialRows } from './race-trials.ts';
import type { Row } from './row.ts';

const BENCHMARKS: readonly (() => Promise<Row[]>)[] = [
  eventLoopRows,
  natPathRows,
  natScaleRows,
  natTableRows,
  raceTrialRows,
];

installGlobals();
for (const benchmark of BENCHMARKS) {
  for (const { name, unit, value } of await benchmark()) {
    console.log(`${name.padEnd(52)} ${Math.round(value).toLocaleString('en').padStart(12)} ${unit}`);
  }
}
