import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyNat, FileError, openScenario, type ScenarioData } from './index.ts';

const PAIR: ScenarioData = { axes: { a: ['port-restricted-cone'], b: ['symmetric', 'full-cone'] }, trials: 2 };

describe('openScenario', () => {
  it('plays trials by name, each the same whenever it is played', async () => {
    const { cells, plugins, play } = await openScenario(PAIR);
    expect(cells.map(({ id }) => id)).toEqual([
      'port-restricted-cone,symmetric,broadband',
      'port-restricted-cone,full-cone,broadband',
    ]);
    expect(plugins).toContain('random-probe');
    const lines: string[] = [];
    const cell = cells[0]!.id;
    const [first, other, again] = await Promise.all([
      play(cell),
      play(cell, { trial: 1 }),
      play(cell, { timeline: (line) => lines.push(line) }),
    ]);
    expect(first).toMatchObject({ outcome: 'connected', plugin: 'random-probe', path: 'direct' });
    expect(other!.traceHash).not.toBe(first!.traceHash);
    expect(again).toEqual(first);
    expect(lines.length).toBeGreaterThan(100);
  });

  it('gives the results of the file that says the same', async () => {
    const file = 'schema: 1\nname: same\naxes: { a: [port-restricted-cone], b: [symmetric, full-cone] }\ntrials: 2\n';
    const [one, other] = [await openScenario(file), await openScenario(PAIR)];
    const cell = other.cells[1]!.id;
    expect(await one.play(cell)).toEqual(await other.play(cell));
  });

  it('plays one plugin alone in mode each, and says what theory has of it', async () => {
    const { theory, play } = await openScenario({ ...PAIR, mode: 'each' });
    const cell = 'port-restricted-cone,symmetric,broadband';
    expect(theory(cell, 'udp-punch')).toEqual({ kind: 'impossible' });
    expect(theory(cell, 'random-probe')).toMatchObject({ kind: 'chance', chance: expect.closeTo(0.9835, 4) });
    expect(await play(cell, { plugin: 'udp-punch' })).toMatchObject({ outcome: 'not-connected', only: 'udp-punch' });
  });

  it('names every mistake, and what there is instead', async () => {
    const wrong = openScenario({ axes: { a: ['symetric'] }, nats: { mine: { mapping: 'any' } } });
    await expect(wrong).rejects.toThrow(FileError);
    await expect(wrong).rejects.toThrow(/unknown NAT "symetric".*did you mean "symmetric"/);
    await expect(wrong).rejects.toThrow(/nats\.mine\.mapping is "any"/);
    const { play } = await openScenario({ ...PAIR, mode: 'each' });
    const cell = 'port-restricted-cone,symmetric,broadband';
    expect(() => play('port-restricted-cone,symetric,broadband')).toThrow(/did you mean/);
    expect(() => play(cell, { plugin: 'udp-punch', trial: 2 })).toThrow(/has no trial 2, only 0 to 1/);
    expect(() => play(cell)).toThrow(/the plugin is missing: in mode each/);
    expect(() => play(cell, { plugin: 'udp-punsh' })).toThrow(/did you mean "udp-punch"/);
  });
});

describe('anyNat', () => {
  it('makes NATs that a scenario takes, and of which theory is right', async () => {
    const tally = { certain: 0, impossible: 0 };
    await fc.assert(
      fc.asyncProperty(anyNat(fc), anyNat(fc), async (a, b) => {
        const plugins = ['direct-connect', 'reverse-connect', 'udp-punch', 'tcp-punch'];
        const { cells, theory, play } = await openScenario({ nats: { a, b }, axes: { a: ['a'], b: ['b'] }, plugins });
        const { kind } = theory(cells[0]!.id);
        const { outcome } = await play(cells[0]!.id);
        if (kind === 'certain') expect(outcome).toBe('connected');
        if (kind === 'impossible') expect(outcome).toBe('not-connected');
        if (kind in tally) tally[kind as keyof typeof tally]++;
      }),
      { numRuns: 60, seed: 7 },
    );
    expect(tally.certain).toBeGreaterThan(10);
    expect(tally.impossible).toBeGreaterThan(5);
  });

  it('shrinks to the keys that matter', async () => {
    const found = await fc.check(
      fc.asyncProperty(anyNat(fc), async (nat) => {
        const { cells, theory } = await openScenario({
          nats: { nat },
          axes: { a: ['nat'], b: ['open'] },
          plugins: ['udp-punch'],
        });
        return theory(cells[0]!.id).kind !== 'impossible';
      }),
      { seed: 1 },
    );
    expect(found.counterexample).toEqual([{ blocks: ['udp'] }]);
  });
});
