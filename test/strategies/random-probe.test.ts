import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../lab-cli/trial/oracle-verdict.ts';
import { birthday } from '../../reports/oracle/birthday.ts';
import { oracle } from '../../reports/oracle.ts';
import { run, shipped, withOptions } from '../outcomes/shipped.ts';

const scenario = shipped('random-probe');
const FULL = scenario.cells.find(({ id }) => id === 'port-restricted-cone,symmetric,broadband')!;

function apdf() {
  return shipped('race-grid').cells.find(({ id }) => id === 'eim-apdf,apdm-apdf,broadband')!;
}

/** The two-sided 99 % interval of how many of `trials` succeed, if each does with `chance` (normal approximation). */
function expectedRange(trials: number, chance: number): [number, number] {
  const margin = 2.576 * Math.sqrt(trials * chance * (1 - chance)) + 0.5;
  return [trials * chance - margin, trials * chance + margin];
}

describe('random-probe, against the birthday formula', { timeout: 300_000 }, () => {
  // Few sockets and tries, where chance has the most to say.
  it.each([
    [64, 512],
    [128, 256],
  ])('%i sockets, %i probes', async (sockets, probes) => {
    const few = withOptions(scenario, { sockets, probes, rate: 1000 });
    const trials = 60;
    const ran = await run(few, { trials, cells: ({ id }) => id === FULL.id });
    const [low, high] = expectedRange(trials, birthday(sockets, probes, 64_512));
    const connected = ran.filter((each) => each.connected).length;
    expect(connected).toBeGreaterThanOrEqual(low);
    expect(connected).toBeLessThanOrEqual(high);
  });

  it('takes as many tries as it should: the median of the default options', async () => {
    const ran = await run(scenario, { trials: 25, cells: ({ id }) => id === FULL.id });
    const times = ran.filter((each) => each.connected).map(({ result }) => result.connectMs!);
    times.sort((a, b) => a - b);
    expect(times.length).toBeGreaterThanOrEqual(23);
    expect(times[times.length >> 1]).toBeLessThan(2000);
    expect(times[Math.floor(times.length * 0.95)]).toBeLessThan(6000);
  });

  it('the oracle gives the chance', () => {
    const nats = { a: FULL.a.map(({ behaviour }) => behaviour), b: FULL.b.map(({ behaviour }) => behaviour) };
    const [verdict] = oracle({ ...nats, topology: 'separate', plugins: ['random-probe'] }).perPlugin;
    expect(verdict).toMatchObject({ expected: 'sometimes' });
    expect(verdict!.chance).toBeCloseTo(0.9835, 3);
    expect(verdict!.why).toContain('98.3 %');
  });

  it('and a race, which tries once more what has failed, has two of them', () => {
    const nats = { a: FULL.a.map(({ behaviour }) => behaviour), b: FULL.b.map(({ behaviour }) => behaviour) };
    const question = { ...nats, topology: 'separate', plugins: ['random-probe'], knobs: { searches: 2 } } as const;
    expect(oracle(question).perPlugin[0]!.chance).toBeCloseTo(1 - (1 - 0.98353) ** 2, 4);
    const raced = verdictOf({ scenario: shipped('race-grid'), cell: apdf(), trial: 0, only: null, seed: '' });
    expect(raced.perPlugin.find(({ plugin }) => plugin === 'random-probe')!.chance).toBeCloseTo(0.9997, 4);
  });
});
