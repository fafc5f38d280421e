import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../../net/endpoint.ts';
import type { Forecast } from './forecast.ts';
import { type Opening, planOpenings, slotsNeeded } from './openings.ts';
import { portAfter } from './port-series.ts';

const ALICE = '203.0.113.1';
const BOB = '203.0.113.2';

function counting(address: string, last: number, step: number, width = 8): Forecast {
  return { kind: 'series', address, series: { last, step }, width };
}

function steady(address: string, port: number): Forecast {
  return { kind: 'steady', endpoint: { address, port } };
}

/** Where each opening really leaves from, after `foreign` mappings of others. */
function sources(own: Forecast, openings: readonly Opening[], foreign: number): Endpoint[] {
  return openings.map(({ slot }) => {
    if (own.kind === 'steady') return own.endpoint;
    if (own.kind === 'unpredictable') throw new Error('nobody knows');
    return { address: own.address, port: portAfter(own.series, foreign + slot) };
  });
}

/** Is there a packet of each side that left from where one of the other was aimed at? */
function meet(
  initiator: Forecast,
  responder: Forecast,
  foreign: { readonly initiator: number; readonly responder: number },
): boolean {
  const there = planOpenings('initiator', initiator, responder);
  const back = planOpenings('responder', responder, initiator);
  const from = sources(initiator, there, foreign.initiator);
  const answers = sources(responder, back, foreign.responder);
  return there.some(({ target }, i) =>
    back.some(({ target: aim }, j) => sameAs(target, answers[j]!) && sameAs(aim, from[i]!)),
  );
}

function sameAs(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}

const port = fc.integer({ min: 1024, max: 65_535 });
const step = fc.integer({ min: -300, max: 300 }).filter((value) => value !== 0);
const shift = fc.integer({ min: 0, max: 12 });
const width = fc.integer({ min: 1, max: 24 });

describe('the openings of two sides', () => {
  it('meet where both count, whatever others map, as far as the window reaches', () => {
    fc.assert(
      fc.property(port, step, port, step, shift, shift, width, (a, stepA, b, stepB, f, g, slots) => {
        const [alice, bob] = [counting(ALICE, a, stepA, slots), counting(BOB, b, stepB, slots)];
        expect(meet(alice, bob, { initiator: f, responder: g })).toBe(f + 2 * g + 1 <= slots);
      }),
      { numRuns: 2000 },
    );
  });

  it('meet where one counts and the other keeps its endpoint', () => {
    fc.assert(
      fc.property(port, step, port, shift, width, fc.boolean(), (a, stepA, b, f, slots, dials) => {
        const [count, keep] = [counting(ALICE, a, stepA, slots), steady(BOB, b)];
        const met = dials
          ? meet(count, keep, { initiator: f, responder: 0 })
          : meet(keep, count, { initiator: 0, responder: f });
        expect(met).toBe(f < slots);
      }),
    );
  });

  it('are one packet each where both keep their endpoints', () => {
    const [alice, bob] = [steady(ALICE, 5000), steady(BOB, 6000)];
    expect(planOpenings('initiator', alice, bob)).toEqual([{ slot: 0, target: { address: BOB, port: 6000 } }]);
    expect(meet(alice, bob, { initiator: 0, responder: 0 })).toBe(true);
  });

  it('lead nowhere if a side can’t be predicted', () => {
    const blind: Forecast = { kind: 'unpredictable' };
    expect(planOpenings('initiator', blind, steady(BOB, 1))).toEqual([]);
    expect(planOpenings('initiator', steady(BOB, 1), blind)).toEqual([]);
  });

  it('open each fresh local port once, in order', () => {
    const openings = planOpenings('responder', counting(BOB, 40_000, 1), counting(ALICE, 50_000, -2));
    expect(openings.map(({ slot }) => slot)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(openings.map(({ target }) => target.port)).toEqual([
      49_998, 49_994, 49_990, 49_986, 49_982, 49_978, 49_974, 49_970,
    ]);
    expect([slotsNeeded(openings), slotsNeeded([])]).toEqual([8, 0]);
  });
});
