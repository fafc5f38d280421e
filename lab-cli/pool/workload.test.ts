import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Mode } from '../../reports/schema.ts';
import { loadScenario } from '../scenario/load-scenario.ts';
import { scenarioText, VOCABULARY } from '../scenario/testdata.ts';
import { trialSeed } from '../scenario/trial-seed.ts';
import { type Shard, Workload } from './workload.ts';

const SCENARIO = loadScenario(
  scenarioText('axes: { a: [open, symmetric], b: [open, full-cone] }'),
  'm.yaml',
  VOCABULARY,
);

function units(mode: Mode, trials: number, shard?: Shard): string[] {
  const work = new Workload({ ...SCENARIO, mode, trials }, shard);
  return Array.from({ length: work.size }, (_, index) => {
    const { cell, trial, only, seed } = work.at(index);
    if (seed !== trialSeed(1, cell.id, trial)) throw new Error(`seed of ${cell.id} ${trial}`);
    return `${cell.axes.a}>${cell.axes.b} ${trial} ${only}`;
  });
}

it('goes by cell, then trial', () => {
  expect(units('race', 2)).toEqual([
    'open>open 0 null',
    'open>open 1 null',
    'open>full-cone 0 null',
    'open>full-cone 1 null',
    'symmetric>open 0 null',
    'symmetric>open 1 null',
    'symmetric>full-cone 0 null',
    'symmetric>full-cone 1 null',
  ]);
});

it('has a line for each plugin of a trial in mode each, all with one seed', () => {
  expect(units('each', 1).slice(0, 3)).toEqual([
    'open>open 0 udp-punch',
    'open>open 0 random-probe',
    'open>full-cone 0 udp-punch',
  ]);
});

it('falls apart into shards that together are the whole, each in its order', () => {
  const mode = fc.constantFrom<Mode>('race', 'each');
  fc.assert(
    fc.property(mode, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 40 }), (mode, trials, count) => {
      const whole = units(mode, trials);
      const parts = Array.from({ length: count }, (_, index) => units(mode, trials, { index: index + 1, count }));
      expect(parts.flat().sort()).toEqual([...whole].sort());
      for (const part of parts) {
        const places = part.map((unit) => whole.indexOf(unit));
        expect(places).toEqual([...places].sort((a, b) => a - b));
      }
      const sizes = parts.map((part) => part.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(mode === 'each' ? 2 : 1);
    }),
  );
});
